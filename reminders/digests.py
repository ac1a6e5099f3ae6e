"""What a morning summary holds: sections that each slice registers in its `AppConfig.ready()`.

A section is asked inside `guild_scope()` with the eyes of the member herself, in her language and
zone, and takes at most two queries. What it answers becomes lines of text with links:

## Due today
- [Water the tomatoes](/g/home/tasks/…/) · by 18:00
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Member

MOST_LINES = 20
LINKED = re.compile(r"- \[(?P<text>.*)\]\((?P<url>/[^\s()]*)\)(?: · (?P<detail>.*))?")


class Line(NamedTuple):
    """One thing: what it is called, the path of its page, and when or how much."""

    text: str
    url: str = ""
    detail: str = ""


class Section(Protocol):
    """A part of the summary; the label stands above its lines, and in the settings."""

    @property
    def label(self) -> str | Promise: ...

    @property
    def place(self) -> int:
        """What is urgent stands above: the lower the number, the higher up."""
        ...

    def lines(self, member: Member, *, at: datetime) -> Sequence[Line]:
        """What there is to say to her, the most urgent first; none leaves the section out."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A section with what it says now."""

    label: str
    lines: list[Line]


_sections: dict[str, Section] = {}


def register(key: str, section: Section) -> None:
    """Let summaries hold this; called once, in a slice's ready()."""
    _sections[key] = section


def sections() -> list[tuple[str, Section]]:
    """What there is, in the order in which it is read."""
    return sorted(_sections.items(), key=lambda one: one[1].place)


def choices() -> list[tuple[str, str | Promise]]:
    return [(key, section.label) for key, section in sections()]


def parts_of(member: Member, contents: Collection[str] | None, *, at: datetime) -> list[Part]:
    """What there is to say now, as she may see it; to be called in her scope, language and zone."""
    parts = []
    for key, section in sections():
        if contents is None or key in contents:
            lines = list(section.lines(member, at=at))
            if lines:
                parts.append(Part(str(section.label), lines))
    return parts


def written(parts: Sequence[Part]) -> str:
    """The text that is kept, with links."""
    return "\n\n".join("\n".join([f"## {part.label}", *_bullets(part)]) for part in parts)


def _bullets(part: Part) -> Iterator[str]:
    for line in part.lines[:MOST_LINES]:
        text = " ".join(line.text.split())
        said = f"[{text}]({line.url})" if line.url else text
        yield f"- {said} · {line.detail}" if line.detail else f"- {said}"
    if len(part.lines) > MOST_LINES:
        yield "- …"


def read(body: str) -> list[Part]:
    """The parts of a text that `written` wrote; what it did not write is a line without a link."""
    parts: list[Part] = []
    for line in filter(None, body.splitlines()):
        if line.startswith("## "):
            parts.append(Part(line.removeprefix("## "), []))
            continue
        if not parts:
            parts.append(Part("", []))
        found = LINKED.fullmatch(line)
        bare = Line(line.removeprefix("- "))
        parts[-1].lines.append(Line(*(part or "" for part in found.groups())) if found else bare)
    return parts


def plain(body: str) -> str:
    """The same without links, for ways that show plain text."""
    parts = []
    for part in read(body):
        lines = [
            f"- {line.text} · {line.detail}" if line.detail else f"- {line.text}"
            for line in part.lines
        ]
        parts.append("\n".join([part.label, *lines] if part.label else lines))
    return "\n\n".join(parts)


def nothing() -> str:
    """What a summary says that she wants also when it is empty."""
    return _("Nothing is late, nothing is due, nothing waits for you.")
