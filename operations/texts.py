"""The texts that the code and the templates hand to gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from operations.process import project

Text = tuple[str | None, str]
ROOMS = ["accounts", "chat", "config", "operations", "productivity", "reminders"]
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}

LITERAL = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
IN_TEMPLATE = re.compile(rf"\b(n?p?gettext|_)\(({LITERAL})(?:,\s*({LITERAL}))?")


def all_texts() -> set[Text]:
    """Context and text of each, wherever it stands."""
    code = [path for room in ROOMS for path in (project() / room).rglob("*.py")]
    pages = (path for path in (project() / "templates").rglob("*") if path.is_file())
    return {
        *(text for path in code if "tests" not in path.parts for text in in_code(path.read_text())),
        *(text for path in pages for text in in_template(path)),
    }


def in_code(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        words = [
            argument.value
            for argument in node.args[:2]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if name in PLAIN and words:
            yield None, words[0]
        elif name in WITH_CONTEXT and len(words) > 1:
            yield words[0], words[1]


def in_template(path: Path) -> Iterator[Text]:
    source = templatize(path.read_text(), origin=str(path))
    for match in IN_TEMPLATE.finditer(source):
        first = str(ast.literal_eval(match[2]))
        if match[1] in WITH_CONTEXT:
            yield first, str(ast.literal_eval(match[3]))
        else:
            yield None, first
