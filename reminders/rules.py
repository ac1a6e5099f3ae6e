"""What a rule is, and what an occurrence of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

DAY = timedelta(days=1)
LAST = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a reminder fires; `weekdays` count from 0 = Sunday. `at` is the only time of once and
    the first one of an interval, `last_on` the last nominal date, dates in `skip` are left out.
    """

    frequency: str
    time_zone: str
    at: datetime | None = None
    time: time | None = None
    weekdays: frozenset[int] = field(default_factory=frozenset)
    starts_on: date | None = None
    month_day: int | None = None
    nth: int | None = None
    rrule: str = ""
    every: timedelta = timedelta()
    count: int | None = None
    last_on: date | None = None
    skip: frozenset[date] = frozenset()


def rule_of(row: Any) -> Rule:
    """The rule in the columns of a reminder, or of what the engine read of one."""
    return Rule(
        frequency=row.frequency,
        time_zone=row.time_zone,
        at=row.once_at,
        time=row.time,
        weekdays=frozenset(row.weekdays),
        starts_on=row.starts_on,
        month_day=row.month_day,
        nth=row.nth,
        rrule=row.rrule,
        every=timedelta(minutes=row.every_minutes or 0),
        count=row.count,
        last_on=row.last_on,
        skip=frozenset(row.skip),
    )


@dataclass(frozen=True, slots=True)
class Occurrence:
    slot: str
    due_at: datetime


def instant_slot(at: datetime) -> str:
    """2026-06-11T18:00:00Z"""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
