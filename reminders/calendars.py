"""The dates of a rule that dateutil unfolds: by the month, by the year, and RRULE.

Only dates come out of here; the clock and the zone are `recurrence`'s. Nothing is walked from the
beginning: the start is moved ahead by whole periods, so that an old rule costs what a new one does,
and no search goes further than SPAN.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from reminders.rrules import Parts, read

DAY = timedelta(days=1)
# Ten years and what a leap day needs: nothing is awaited longer.
SPAN = 11 * 366
# The calendar repeats every 400 years, weekdays and all. dateutil looks at its end only when it
# found a date: where there is none it walks to the year 9999. Asked in the last repetition it is
# there soon.
CYCLE, CYCLE_DAYS = 400, 146_097
LATEST = 9979
LAST_DATE = date(9998, 12, 31)
LAST_OF_MONTH = -1
# A common February: what is said for a later day may have to come earlier.
SHORTEST = 28


class TooRare(Exception):  # noqa: N818  # what a rule is, not what failed
    """The rule has no date in more than ten years."""


class CalendarRule(Protocol):
    """What is asked of a rule; `weekdays` count from 0 = Sunday."""

    @property
    def frequency(self) -> str: ...
    @property
    def weekdays(self) -> frozenset[int]: ...
    @property
    def month_day(self) -> int | None: ...
    @property
    def nth(self) -> int | None: ...
    @property
    def rrule(self) -> str: ...
    @property
    def starts_on(self) -> date | None: ...


def dates(rule: CalendarRule, first: date, last: date = LAST_DATE) -> Iterator[date]:
    """The rule's dates from `first` to `last`, in rising order; raises TooRare where none comes
    for more than ten years.
    """
    assert rule.starts_on is not None
    parts = parts_of(rule)
    first, last = max(first, rule.starts_on), min(last, LAST_DATE)
    while first <= last:
        end = _later(first, min(SPAN, (last - first).days))
        found = None
        for found in _span(parts, rule.starts_on, first, end):
            yield found
        if found is None and end < last:
            raise TooRare
        first = end + DAY


def parts_of(rule: CalendarRule) -> Parts:
    """What dateutil is asked; a day that is not said is the start's own."""
    start = rule.starts_on
    assert start is not None
    match rule.frequency:
        case "daily":
            return Parts(DAILY)
        case "weekly":
            return Parts(WEEKLY, named=(("byweekday", _weekdays(rule)),))
        case "monthly" if rule.nth is not None:
            return Parts(MONTHLY, named=(("byweekday", _weekdays(rule, rule.nth)),))
        case "monthly":
            return Parts(MONTHLY, named=_clamped(rule.month_day or start.day))
        case "yearly":
            return Parts(YEARLY, named=(("bymonth", start.month), *_clamped(start.day)))
    return _with_start(read(rule.rrule).parts, start)


def _with_start(parts: Parts, start: date) -> Parts:
    """Where an RRULE says no day, dateutil takes the start's; the start is moved, so say it."""
    names = dict(parts.named)
    if names.keys() & {"byweekno", "byyearday", "bymonthday", "byweekday"}:
        return parts
    if parts.freq == YEARLY:
        names.setdefault("bymonth", start.month)
    if parts.freq in (YEARLY, MONTHLY):
        names["bymonthday"] = start.day
    if parts.freq == WEEKLY:
        names["byweekday"] = weekday(start.weekday())
    return Parts(parts.freq, parts.interval, tuple(names.items()), parts.week_start)


def _span(parts: Parts, start: date, first: date, end: date) -> Iterator[date]:
    """Those from `first` to `end`, asked of dateutil in the calendar's last repetition."""
    ahead = (LATEST - first.year) // CYCLE * CYCLE_DAYS
    found = rrule(
        parts.freq,
        dtstart=datetime.combine(_later(moved(parts, start, first), ahead), time.min),
        interval=parts.interval,
        wkst=weekday(parts.week_start),
        until=datetime.combine(_later(end, ahead), time.min),
        **dict(parts.named),
    )
    for at in found:
        day = _later(at.date(), -ahead)
        if day >= first:
            yield day


def _later(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)


def moved(parts: Parts, start: date, first: date) -> date:
    """The start, moved by whole periods to one that begins no later than `first`.

    A later period is begun at its first day: BYSETPOS counts from there.
    """
    n = parts.interval
    if parts.freq == DAILY:
        return start + (first - start).days // n * n * DAY
    if parts.freq == WEEKLY:
        week = start.toordinal() - (start.weekday() - parts.week_start) % 7
        later = (first.toordinal() - week) // (7 * n) * (7 * n)
        return date.fromordinal(week + later) if later else start
    if parts.freq == MONTHLY:
        months = (first.year - start.year) * 12 + first.month - start.month
        year, month = divmod(start.year * 12 + start.month - 1 + months // n * n, 12)
        return max(date(year, month + 1, 1), start)
    return max(date(start.year + (first.year - start.year) // n * n, 1, 1), start)


def _weekdays(rule: CalendarRule, nth: int | None = None) -> tuple[Any, ...]:
    """Dateutil counts from Monday."""
    return tuple(weekday((day - 1) % 7, nth) for day in sorted(rule.weekdays))


def _clamped(day: int) -> tuple[tuple[str, Any], ...]:
    """The day of the month, or the last one of a month that is shorter: what is said for the 31st
    or for 29 February comes all the same.
    """
    if day == LAST_OF_MONTH or day <= SHORTEST:
        return (("bymonthday", day),)
    return (("bymonthday", tuple(range(SHORTEST, day + 1))), ("bysetpos", -1))
