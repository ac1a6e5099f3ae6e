"""Every change of the clocks from 2020 to 2040, in every zone, by rules of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from config.web.fields import zones
from reminders.recurrence import next_occurrence
from reminders.rules import DAY, Occurrence, Rule

NAMES = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]


@cache
def changes(zone: str) -> tuple[tuple[datetime, timedelta, timedelta], ...]:
    """The changes of the zone's offset from 2020 to 2040: the instant, the offsets around it."""
    there = ZoneInfo(zone)
    found = []
    at, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
    offset = at.astimezone(there).utcoffset()
    while at < end:
        # Nowhere do the clocks change twice within two days.
        later = at + 2 * DAY
        after = later.astimezone(there).utcoffset()
        if after != offset:
            low, high = at, later
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                if middle.astimezone(there).utcoffset() == offset:
                    low = middle
                else:
                    high = middle
            assert offset is not None
            assert after is not None
            found.append((high.replace(second=0, microsecond=0), offset, after))
        at, offset = later, after
    return tuple(found)


def distinct_zones() -> list[str]:
    """One zone of each history of changes; most names are another's."""
    known: dict[Any, str] = {}
    for zone in sorted(zones()):
        known.setdefault(changes(zone), zone)
    return [zone for history, zone in known.items() if history]


def shown(zone: str, local: datetime, before: timedelta, after: timedelta) -> datetime:
    """The first instant at which the clocks there show it; what they skip as long after the gap."""
    there = ZoneInfo(zone)
    instants = sorted((local - offset).replace(tzinfo=UTC) for offset in (before, after))
    exact = [at for at in instants if at.astimezone(there).replace(tzinfo=None) == local]
    return exact[0] if exact else (local - before).replace(tzinfo=UTC)


def rules_for(zone: str, clock: time, day: date) -> Iterator[Rule]:
    """Rules of each kind that have a time on this day."""
    usual: dict[str, Any] = {"time_zone": zone, "time": clock, "starts_on": date(2019, 1, 1)}
    yield Rule("daily", **usual)
    yield Rule("monthly", **usual | {"month_day": day.day})
    yield Rule("rrule", **usual, rrule=f"FREQ=WEEKLY;BYDAY={NAMES[day.isoweekday() % 7]}")


def test_every_change_of_every_zone() -> None:
    checked = 0
    for zone in distinct_zones():
        for change, before, after in changes(zone):
            jump = max(
                (change + offset).replace(tzinfo=None) - timedelta(minutes=20)
                for offset in (before, after)
            )
            for local in (jump - DAY, jump, jump + timedelta(minutes=35), jump + DAY):
                wanted = shown(zone, local, before, after)
                for one in rules_for(zone, local.time(), local.date()):
                    got = next_occurrence(one, after=wanted - timedelta(minutes=1))
                    slot = f"{local.isoformat(timespec='minutes')} {zone}"
                    if local.second:
                        continue
                    assert got == Occurrence(slot, wanted), (one, change)
                    checked += 1
    assert checked > 15_000
