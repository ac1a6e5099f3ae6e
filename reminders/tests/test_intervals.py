"""Intervals: elapsed time, checked against adding it up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.elapsed import passed_by
from reminders.recurrence import next_instants, next_occurrence, occurrences
from reminders.rules import DAY, Rule

BEGIN = datetime(2026, 3, 28, 20, tzinfo=UTC)
seconds = st.integers(30, 5 * 86_400).map(lambda n: timedelta(seconds=n))


@settings(max_examples=200, deadline=None)
@given(
    every=seconds,
    count=st.none() | st.integers(1, 50),
    skip=st.frozensets(st.integers(0, 9).map(lambda n: date(2026, 3, 28) + n * DAY), max_size=4),
    last=st.none() | st.integers(0, 12).map(lambda n: date(2026, 3, 28) + n * DAY),
    ahead=st.integers(-5, 7 * 86_400),
)
def test_an_interval_agrees_with_adding_it_up(
    every: timedelta, count: int | None, skip: frozenset[date], last: date | None, ahead: int
) -> None:
    one = Rule(
        "interval", "Europe/Berlin", BEGIN, every=every, count=count, skip=skip, last_on=last
    )
    after = BEGIN + timedelta(seconds=ahead)
    expected: list[datetime] = []
    at, n = BEGIN, 0
    while len(expected) < 20 and n < 40_000 and (count is None or n < count):
        day = at.astimezone(ZoneInfo("Europe/Berlin")).date()
        if at > after and day not in skip and (last is None or day <= last):
            expected.append(at)
        at, n = at + every, n + 1

    assert next_instants(one, after=after, count=len(expected) or 1) == expected


@settings(max_examples=200, deadline=None)
@given(
    every=st.integers(30, 3600).map(lambda n: timedelta(seconds=n)),
    skip=st.frozensets(st.integers(0, 9).map(lambda n: date(2026, 3, 28) + n * DAY), max_size=4),
    late=st.integers(60, 8 * 86_400).map(lambda n: timedelta(seconds=n)),
)
def test_what_was_missed_is_counted_as_a_walk_would(
    every: timedelta, skip: frozenset[date], late: timedelta
) -> None:
    one = Rule("interval", "Europe/Berlin", BEGIN, every=every, skip=skip)
    first = next_occurrence(one, after=BEGIN)
    assert first
    to = first.due_at + late

    walked = [first]
    for each in occurrences(one, after=first.due_at):
        if each.due_at > to:
            break
        walked.append(each)

    assert passed_by(one, first, to) == (len(walked), first, walked[-1])
