"""What reminders may hang on: each slice says in its `AppConfig.ready()` how its rows answer.

A reminder names its source as kind + id without a foreign key. Every method gets a batch of ids
and answers for those it knows; it is called inside `guild_scope()` with the eyes of the reminder's
maker and takes at most two queries whatever the size of the batch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

Ids = Sequence[UUID]


class Source(Protocol):
    """One kind of row; an id that is gone, in the trash or hidden is simply not in the answer."""

    @property
    def audiences(self) -> Collection[str]:
        """Whom it can name: of `reminders.models.BY_SOURCE`."""
        ...

    def recipients(self, ids: Ids, audience: str) -> Mapping[UUID, Collection[UUID]]:
        """The members whom it concerns in one of its audiences: of a task, the assigned."""
        ...

    def next_time(self, ids: Ids, after: datetime) -> Mapping[UUID, datetime]:
        """The first instant after `after` that "N minutes before" counts from."""
        ...

    def wanted(self, ids: Ids) -> Collection[UUID]:
        """Those that somebody still has to be reminded of."""
        ...

    def text(self, ids: Ids) -> Mapping[UUID, str]:
        """What it is called, in one line."""
        ...

    def url(self, ids: Ids) -> Mapping[UUID, str]:
        """The path of its page, such as /g/home/tasks/…/."""
        ...


class Sourced(Protocol):
    """A reminder, as far as its source is concerned."""

    source_kind: str
    source_id: UUID | None
    source_text: str


def entitle(rows: Iterable[Sourced]) -> None:
    """Give each row that hangs on something the text of it, one batch a kind."""
    found: dict[str, list[Sourced]] = {}
    for row in rows:
        if row.source_id:
            found.setdefault(row.source_kind, []).append(row)
    for kind, group in found.items():
        source = source_of(kind)
        texts = source.text([row.source_id for row in group if row.source_id]) if source else {}
        for row in group:
            row.source_text = texts.get(row.source_id, "") if row.source_id else ""


_sources: dict[str, Source] = {}


def register(kind: str, source: Source) -> None:
    """Let reminders hang on rows of this kind; called once, in a slice's ready()."""
    _sources[kind] = source


def source_of(kind: str) -> Source | None:
    """Who answers for rows of this kind; None for a kind nobody registered."""
    return _sources.get(kind)


def kinds() -> list[str]:
    return sorted(_sources)
