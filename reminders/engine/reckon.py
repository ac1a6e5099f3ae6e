"""Works out the next occurrence of reminders that ask for it: their source was moved or opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from reminders.engine.eyes import through_eyes_of
from reminders.recurrence import Occurrence, before, next_occurrence
from reminders.sources import source_of

if TYPE_CHECKING:
    from reminders.engine.plan import Due


def reckon(rows: list[Due]) -> Iterator[tuple[Due, Occurrence | None]]:
    """Each reminder with its next occurrence after now, or None."""
    groups: dict[tuple[UUID, UUID | None, str], list[Due]] = defaultdict(list)
    for row in rows:
        if row.frequency == "before":
            groups[row.guild_id, row.maker_id, row.source_kind].append(row)
        else:
            yield row, next_occurrence(row.rule, after=row.now)
    for (guild, maker, kind), group in groups.items():
        times = _next_times(group, guild, maker, kind)
        for row in group:
            at = times.get(row.source_id) if row.source_id else None
            yield row, before(at, row.before_minutes or 0, now=row.now) if at else None


def _next_times(
    group: list[Due], guild: UUID, maker: UUID | None, kind: str
) -> dict[UUID, datetime]:
    source = source_of(kind)
    if source is None:
        return {}
    ids = list({row.source_id for row in group if row.source_id})
    with through_eyes_of(guild, maker, group[0].maker_user_id):
        return dict(source.next_time(ids, group[0].now))
