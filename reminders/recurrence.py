"""When: the occurrences of a rule, worked out without a database and without a clock of its own.

Wall-clock rules are walked in naive local dates; each is made an instant by `config.web.wallclock`
(a time that the clocks skip is shifted by the gap, of two the first counts). The *slot* names an
occurrence by what the rule says, not by the instant it turned out to be: a new tzdata or another
zone cannot make a second one of it. An interval is elapsed time: its slot is the instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple

from config.web.chosen import zone_or
from config.web.wallclock import end_of_day, instant
from reminders import calendars

DAY = timedelta(days=1)
LAST = datetime(9999, 12, 30, tzinfo=UTC)
INSTANT = timedelta.resolution
SHORT = timedelta(hours=1)
CENTURY = 36_525  # days
# What is taken back this soon was never meant to be silent.
UNDO = timedelta(minutes=10)


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


class Passed(NamedTuple):
    """A stretch of occurrences that nobody unfolds."""

    times: int
    first: Occurrence
    last: Occurrence


def occurrences(rule: Rule, *, after: datetime, since: date | None = None) -> Iterator[Occurrence]:
    """The occurrences after the instant `after`, in rising order; of wall-clock rules only those
    whose nominal date is later than `since`. What it costs to find the first one does not depend
    on when the rule began.
    """
    match rule.frequency:
        case "once":
            if rule.at is not None and rule.at > after:
                yield Occurrence(instant_slot(rule.at), rule.at)
        case "interval":
            yield from _elapsed(rule, after)
        case "daily" | "weekly" | "monthly" | "yearly" | "rrule":
            yield from _on_the_clock(rule, after, since)


def next_occurrence(rule: Rule, *, after: datetime, since: date | None = None) -> Occurrence | None:
    """The first occurrence after `after`; None when there is no more."""
    return next(occurrences(rule, after=after, since=since), None)


def next_instants(rule: Rule, *, after: datetime, count: int = 5) -> list[datetime]:
    return [one.due_at for one in islice(occurrences(rule, after=after), count)]


def before(next_time: datetime, minutes: int, *, now: datetime) -> Occurrence:
    """The occurrence `minutes` before `next_time`; at once when that is over already. With other
    minutes it is another one.
    """
    slot = f"{instant_slot(next_time)}/-{minutes}"
    return Occurrence(slot, max(next_time - timedelta(minutes=minutes), now))


def counted_from(slot: str) -> datetime:
    """The instant before which an occurrence of `before` comes."""
    return datetime.fromisoformat(slot.partition("/")[0])


def instant_slot(at: datetime) -> str:
    """2026-06-11T18:00:00Z"""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def slot_date(slot: str) -> date | None:
    """The nominal local date of a wall-clock slot; None for an instant's."""
    local, _, zone = slot.partition(" ")
    return datetime.fromisoformat(local).date() if zone else None


def _on_the_clock(rule: Rule, after: datetime, since: date | None) -> Iterator[Occurrence]:
    """One ahead of what it yields: a date that a zone left out (Apia, 30 December 2011) is shifted
    onto the next one, and then counts only if the rule has nothing there itself.
    """
    held: Occurrence | None = None
    for day in _dates(rule, after, since):
        due_at = instant(day, rule.time or time.min, rule.time_zone)
        if held and held.due_at < due_at:
            if held.due_at > after:
                yield held
            held = None
        if held is None or held.due_at == due_at:
            held = Occurrence(_clock_slot(day, rule), due_at)
    if held and held.due_at > after:
        yield held


def _dates(rule: Rule, after: datetime, since: date | None) -> Iterator[date]:
    """The rule's dates from two days before `after` (no zone shifts further), to the last one."""
    assert rule.starts_on is not None
    if after >= LAST:
        return
    day = max(after.astimezone(zone_or(rule.time_zone)).date() - 2 * DAY, rule.starts_on)
    if since is not None:
        day = max(day, since + DAY)
    last = min(rule.last_on or calendars.LAST_DATE, calendars.LAST_DATE)
    # What got too rare far ahead has come for the last time.
    with suppress(calendars.TooRare):
        for one in _walk(rule, day, last):
            if one not in rule.skip:
                yield one


def _walk(rule: Rule, day: date, last: date) -> Iterator[date]:
    """Every day and days of the week by counting: dateutil costs ten times as much."""
    if rule.frequency not in ("daily", "weekly"):
        yield from calendars.dates(rule, day, last)
        return
    while day <= last:
        if rule.frequency == "daily" or day.isoweekday() % 7 in rule.weekdays:
            yield day
        day += DAY


def last_date(rule: Rule, count: int) -> date | None:
    """The date of the `count`-th time, those that are left out included; None when it does not
    come within CENTURY. Raises TooRare.
    """
    assert rule.starts_on is not None
    end = min(rule.starts_on.toordinal() + CENTURY, calendars.LAST_DATE.toordinal())
    dates = _walk(rule, rule.starts_on, date.fromordinal(end))
    return next(islice(dates, count - 1, None), None)


def _elapsed(rule: Rule, after: datetime) -> Iterator[Occurrence]:
    """Days that are left out are stepped over whole, however short the interval."""
    n = _first_after(rule, after)
    last = _last_number(rule)
    zone = zone_or(rule.time_zone)
    while n <= last:
        due_at = _at_number(rule, n)
        day = due_at.astimezone(zone).date()
        if day in rule.skip:
            n = max(_first_after(rule, end_of_day(day, rule.time_zone) - INSTANT), n + 1)
            continue
        yield Occurrence(instant_slot(due_at), due_at)
        n += 1


def passed_by(rule: Rule, first: Occurrence, to: datetime) -> Passed | None:
    """Those of a short interval from `first` to `to`, counted without a walk: a machine that was
    off for a year missed a million. None for rules that come so seldom that a walk does.
    """
    if rule.frequency != "interval" or rule.every > SHORT or first.due_at >= to:
        return None
    start = _first_after(rule, first.due_at - INSTANT)
    end = min(_first_after(rule, to) - 1, _last_number(rule))
    count, last = 0, start
    for n, m in _kept(rule, start, end):
        count, last = count + m - n, m - 1
    due_at = _at_number(rule, last)
    return Passed(max(count, 1), first, Occurrence(instant_slot(due_at), due_at))


def _kept(rule: Rule, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The numbers from `start` to `end` between the days that are left out: from, up to before."""
    n = start
    for day in sorted(rule.skip):
        begins = _first_after(rule, end_of_day(day - DAY, rule.time_zone) - INSTANT)
        ends = _first_after(rule, end_of_day(day, rule.time_zone) - INSTANT)
        if n < min(begins, end + 1):
            yield n, min(begins, end + 1)
        n = max(n, ends)
    if n <= end:
        yield n, end + 1


def _first_after(rule: Rule, after: datetime) -> int:
    assert rule.at is not None
    return max((after - rule.at) // rule.every + 1, 0)


def _at_number(rule: Rule, n: int) -> datetime:
    assert rule.at is not None
    return rule.at + n * rule.every


def _last_number(rule: Rule) -> int:
    """The number of an interval's last occurrence, from 0; below that when there is none."""
    assert rule.at is not None
    end = min(end_of_day(rule.last_on, rule.time_zone), LAST) if rule.last_on else LAST
    last = (end - INSTANT - rule.at) // rule.every
    return last if rule.count is None else min(last, rule.count - 1)


def _clock_slot(day: date, rule: Rule) -> str:
    clock = rule.time or time.min
    timespec = "minutes" if clock == clock.replace(second=0, microsecond=0) else "auto"
    return f"{day}T{clock.isoformat(timespec=timespec)} {rule.time_zone}"
