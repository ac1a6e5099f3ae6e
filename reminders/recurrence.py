"""When: the occurrences of a rule, worked out without a database and without a clock of its own.

Wall-clock rules are walked in naive local dates; each is made an instant by `config.web.wallclock`
(a time that the clocks skip is shifted by the gap, of two the first counts). The *slot* names an
occurrence by what the rule says, not by the instant it turned out to be: a new tzdata or another
zone cannot make a second one of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from config.web.chosen import zone_or
from config.web.wallclock import instant

DAY = timedelta(days=1)
LAST = datetime(9999, 12, 30, tzinfo=UTC)
# What is taken back this soon was never meant to be silent.
UNDO = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a reminder fires; `weekdays` count from 0 = Sunday."""

    frequency: str
    time_zone: str
    at: datetime | None = None
    time: time | None = None
    weekdays: frozenset[int] = field(default_factory=frozenset)
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    slot: str
    due_at: datetime


def occurrences(rule: Rule, *, after: datetime, since: date | None = None) -> Iterator[Occurrence]:
    """The occurrences after the instant `after`, in rising order; of wall-clock rules only those
    whose nominal date is later than `since`. Each step costs at most a week of dates.
    """
    match rule.frequency:
        case "once":
            if rule.at is not None and rule.at > after:
                yield Occurrence(instant_slot(rule.at), rule.at)
        case "daily" | "weekly":
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
    """The rule's dates from two days before `after` (no zone shifts further), to the last year."""
    assert rule.starts_on is not None
    if after >= LAST:
        return
    day = max(after.astimezone(zone_or(rule.time_zone)).date() - 2 * DAY, rule.starts_on)
    if since is not None:
        day = max(day, since + DAY)
    while day < LAST.date():
        if rule.frequency == "daily" or day.isoweekday() % 7 in rule.weekdays:
            yield day
        day += DAY


def _clock_slot(day: date, rule: Rule) -> str:
    clock = rule.time or time.min
    timespec = "minutes" if clock == clock.replace(second=0, microsecond=0) else "auto"
    return f"{day}T{clock.isoformat(timespec=timespec)} {rule.time_zone}"
