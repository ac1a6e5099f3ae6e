"""The texts of other languages, from locale/*/LC_MESSAGES/django.po: compiled, complete or not.

Compiled here and not by msgfmt, so that nobody needs GNU gettext to run Guildhall.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from operations.data import write_whole
from operations.errors import CannotStart
from operations.process import project

MAGIC = 0x950412DE
HEADER_BYTES = 28
KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)?\s*(".*")$')


@dataclass
class Entry:
    """One text with its translation; several for a text that counts."""

    text: str = ""
    plural: str | None = None
    context: str | None = None
    is_fuzzy: bool = False
    translations: list[str] = field(default_factory=list)

    @property
    def is_translated(self) -> bool:
        return bool(self.translations) and all(self.translations) and not self.is_fuzzy

    def key(self) -> tuple[str | None, str]:
        return self.context, self.text

    def packed(self) -> tuple[bytes, bytes]:
        """Original and translation as a .mo file holds them."""
        original = self.text if self.plural is None else f"{self.text}\0{self.plural}"
        if self.context is not None:
            original = f"{self.context}\4{original}"
        return original.encode(), "\0".join(self.translations).encode()


def read_catalogue(path: Path) -> list[Entry]:
    """The entries of a .po file, its header first; obsolete ones are left out."""
    blocks = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
    return [entry for block in blocks if (entry := _read_entry(block)) is not None]


def _read_entry(block: str) -> Entry | None:
    parts: dict[str, str] = {}
    keyword = ""
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        if match := KEYWORD.match(line.strip()):
            keyword = match[1] or keyword
            parts[keyword] = parts.get(keyword, "") + str(ast.literal_eval(match[2]))
    if "msgid" not in parts:
        return None
    return Entry(
        text=parts["msgid"],
        plural=parts.get("msgid_plural"),
        context=parts.get("msgctxt"),
        is_fuzzy=any(re.match(r"#,.*\bfuzzy\b", line) for line in block.splitlines()),
        translations=[value for name, value in parts.items() if name.startswith("msgstr")],
    )


def compiled(entries: list[Entry]) -> bytes:
    """The bytes of the .mo file with everything that is translated."""
    pairs = sorted(entry.packed() for entry in entries if entry.is_translated)
    originals = translations = b""
    index = []
    for original, translation in pairs:
        index.append((len(original), len(originals), len(translation), len(translations)))
        originals += original + b"\0"
        translations += translation + b"\0"
    first = HEADER_BYTES + 16 * len(pairs)
    keys = [number for row in index for number in (row[0], row[1] + first)]
    values = [number for row in index for number in (row[2], row[3] + first + len(originals))]
    tables = HEADER_BYTES, HEADER_BYTES + 8 * len(pairs)
    header = struct.pack("<7I", MAGIC, 0, len(pairs), *tables, 0, first)
    return header + struct.pack(f"<{4 * len(pairs)}I", *keys, *values) + originals + translations


def catalogues() -> list[Path]:
    return sorted((project() / "locale").glob("*/LC_MESSAGES/django.po"))


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


def untranslated(path: Path, texts: set[tuple[str | None, str]]) -> Iterator[str]:
    """Those of the texts that the catalogue does not translate."""
    known = {entry.key() for entry in read_catalogue(path) if entry.is_translated}
    for context, text in sorted(texts - known, key=lambda key: key[1]):
        yield f"{text!r}" if context is None else f"{text!r} in the context {context!r}"
