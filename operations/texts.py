"""The texts that the code and the templates hand to gettext."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation.template import templatize

from operations.process import ROOMS, project

Text = tuple[str | None, str]
# Which argument is the text, its plural or ("c") its context.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def all_texts() -> set[Text]:
    """Context and text of each, wherever it stands."""
    code = [path for room in ROOMS for path in (project() / room).rglob("*.py")]
    pages = (path for path in (project() / "templates").rglob("*") if path.is_file())
    return {
        *(text for path in code if "tests" not in path.parts for text in in_code(path.read_text())),
        *(text for path in pages for text in in_template(path)),
    }


def in_code(source: str) -> Iterator[Text]:
    for _line, said, _comments, context in extract("python", BytesIO(source.encode()), KEYWORDS):
        yield context, said if isinstance(said, str) else said[0]


def in_template(path: Path) -> Iterator[Text]:
    # Django makes Python's calls of a template's texts; how they are indented means nothing.
    calls = templatize(path.read_text(), origin=str(path))
    yield from in_code("\n".join(line.strip() for line in calls.splitlines()))
