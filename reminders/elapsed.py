"""The occurrences of an interval: elapsed time, reckoned from its first one by arithmetic alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from config.web.chosen import zone_or
from config.web.wallclock import end_of_day
from reminders.rules import DAY, LAST, Occurrence, Rule, instant_slot

INSTANT = timedelta.resolution
SHORT = timedelta(hours=1)


class Passed(NamedTuple):
    """A stretch of occurrences that nobody unfolds."""

    times: int
    first: Occurrence
    last: Occurrence


def elapsed(rule: Rule, after: datetime) -> Iterator[Occurrence]:
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
