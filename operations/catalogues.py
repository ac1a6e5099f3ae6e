"""The texts of other languages, from locale/*/LC_MESSAGES/django.po: compiled, complete or not.

Compiled by Babel and not by msgfmt, so that nobody needs GNU gettext to run Guildhall. It is
imported on first use: most starts find everything compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from operations.data import write_whole
from operations.errors import CannotStart
from operations.process import project

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

PLACEHOLDER = re.compile(r"%\((\w+)\)")


def catalogues() -> list[Path]:
    return sorted((project() / "locale").glob("*/LC_MESSAGES/django.po"))


def read_catalogue(path: Path) -> Catalog:
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def compiled(catalogue: Catalog) -> bytes:
    """The bytes of the .mo file with everything that is translated."""
    from babel.messages.mofile import write_mo

    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def compile_changed() -> None:
    """Every .po file has a .mo file that is not older."""
    for path in catalogues():
        target = path.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < path.stat().st_mtime_ns:
            try:
                write_whole(target, compiled(read_catalogue(path)), 0o644)
            except OSError as error:
                raise CannotStart(
                    f"The translations cannot be written to {target}: {error.strerror}."
                    " Run `bin/manage catalogues` once as a user who may."
                ) from error


def faults(path: Path, texts: set[tuple[str | None, str]]) -> Iterator[str]:
    """Which of the texts the catalogue does not translate, and what is wrong with the others."""
    catalogue = read_catalogue(path)
    known = {(each.context, _text(each)) for each in catalogue if _is_translated(each)}
    for context, text in sorted(texts - known, key=lambda key: key[1]):
        yield f"{text!r}" if context is None else f"{text!r} in the context {context!r}"
    for message in catalogue:
        for error in [*message.check(catalogue), *_dropped(message)]:
            yield f"{_text(message)!r}: {error}"


def _text(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_translated(message: Message) -> bool:
    said = message.string
    forms = [said] if isinstance(said, str) else said or [""]
    return all(forms) and not message.fuzzy


def _dropped(message: Message) -> Iterator[str]:
    """What Babel lets pass: a value that the text names and its translation does not.

    One form of several may leave it out: "one task" for "%(n)s tasks".
    """
    if isinstance(message.id, str) and isinstance(message.string, str) and message.string:
        names = set(PLACEHOLDER.findall(message.string))
        yield from (
            f"{name} is left out" for name in PLACEHOLDER.findall(message.id) if name not in names
        )
