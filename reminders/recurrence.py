"""When: the occurrences of a rule, worked out without a database and without a clock of its own.

Wall-clock rules are walked in naive local dates; each is made an instant by `config.web.wallclock`
(a time that the clocks skip is shifted by the gap, of two the first counts). The *slot* names an
occurrence by what the rule says, not by the instant it turned out to be: a new tzdata or another
zone cannot make a second one of it. An interval is elapsed time: its slot is the instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import islice

from config.web.chosen import zone_or
from config.web.wallclock import instant
from reminders import calendars
from reminders.elapsed import elapsed
from reminders.rules import DAY, LAST, Occurrence, Rule, instant_slot

CENTURY = 36_525  # days
# What is taken back this soon was never meant to be silent.
UNDO = timedelta(minutes=10)


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
            yield from elapsed(rule, after)
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


def _clock_slot(day: date, rule: Rule) -> str:
    clock = rule.time or time.min
    timespec = "minutes" if clock == clock.replace(second=0, microsecond=0) else "auto"
    return f"{day}T{clock.isoformat(timespec=timespec)} {rule.time_zone}"
