"""Wall-clock time in a zone, made an instant by the rules of RFC 5545."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from config.web.chosen import zone_or


def instant(day: date, clock: time, zone: str) -> datetime:
    """The UTC instant at which the zone's clocks show `day` `clock`.

    A time that the clocks skip is shifted by the gap (02:30 → 03:30); of two 02:30 the first one
    counts (RFC 5545 §3.3.5). Python's fold=0 reads both that way.
    """
    return datetime.combine(day, clock, zone_or(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """The UTC instant at which the day is over there: the start of the next one."""
    return instant(day + timedelta(days=1), time.min, zone)
