"""Works out the next occurrence of reminders that ask for it: their source was moved or opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

from reminders.engine.eyes import through_eyes_of
from reminders.recurrence import UNDO, before, next_occurrence
from reminders.rules import Occurrence
from reminders.sources import source_of

if TYPE_CHECKING:
    from reminders.engine.plan import Due

log = structlog.get_logger("guildhall.engine")

AGAIN = timedelta(hours=1)


def reckon(rows: list[Due]) -> Iterator[tuple[Due, Occurrence | None]]:
    """Each reminder with its next occurrence, or None; one without a slot asks again."""
    groups: dict[tuple[UUID, UUID | None, str], list[Due]] = defaultdict(list)
    for row in rows:
        kind = row.source_kind if row.frequency == "before" else ""
        groups[row.guild_id, row.maker_id if kind else None, kind].append(row)
    for (guild, maker, kind), group in groups.items():
        try:
            found = _of_source(group, guild, maker, kind) if kind else _of_rules(group)
        except (OperationalError, InterfaceError):
            raise  # the database is away
        except Exception:
            log.exception("reminder.unreckoned", kind=kind)
            found = [Occurrence("", row.now + AGAIN) for row in group]
        yield from zip(group, found, strict=True)


def _of_rules(group: list[Due]) -> list[Occurrence | None]:
    """Also what fell due while its row was done by mistake, unless somebody has said since when
    the reminder shall come; what came already does not come again.
    """
    return [next_occurrence(row.rule, after=max(row.now - UNDO, row.updated_at)) for row in group]


def _of_source(
    group: list[Due], guild: UUID, maker: UUID | None, kind: str
) -> Sequence[Occurrence | None]:
    source, now = source_of(kind), group[0].now
    if source is None:
        return [None] * len(group)
    with through_eyes_of(guild, maker, group[0].maker_user_id):
        times = source.next_time(list({row.source_id for row in group if row.source_id}), now)
    found = [times.get(row.source_id) if row.source_id else None for row in group]
    return [
        before(at, row.before_minutes or 0, now=now) if at else None
        for row, at in zip(group, found, strict=True)
    ]
