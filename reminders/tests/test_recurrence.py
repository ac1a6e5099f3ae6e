"""When: checked against a walk over every minute around each change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.web.fields import zones
from reminders.recurrence import before, next_instants, next_occurrence, occurrences, slot_date
from reminders.rules import Occurrence, Rule

MINUTE = timedelta(minutes=1)
ZONES = {
    "Europe/Berlin": 2026,
    "America/New_York": 2026,
    "Australia/Lord_Howe": 2026,  # half an hour
    "Pacific/Apia": 2010,  # left out 30 December 2011
    "Africa/Casablanca": 2026,  # turns back for Ramadan
    "Asia/Kathmandu": 1985,  # went from +5:30 to +5:45
    "America/Sao_Paulo": 2017,  # turned at midnight
    "Africa/Cairo": 2026,  # likewise
}
CLOCKS = [time(h, m) for h in range(4) for m in (0, 15, 30, 45)] + [time(12), time(23, 45)]


def daily(zone: str, clock: time, starts_on: date) -> Rule:
    return Rule(frequency="daily", time_zone=zone, time=clock, starts_on=starts_on)


@cache
def changes(zone: str, year: int) -> list[datetime]:
    """The hours of two years in which the zone's offset changes."""
    there = ZoneInfo(zone)
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(2 * 366 * 24)]
    offsets = [hour.astimezone(there).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


@cache
def minutes_around(zone: str, change: datetime) -> list[tuple[datetime, datetime]]:
    """Each minute of four days with what the clocks there show."""
    there = ZoneInfo(zone)
    start = change - timedelta(days=2)
    instants = [start + n * MINUTE for n in range(4 * 24 * 60)]
    return [(at, at.astimezone(there).replace(tzinfo=None)) for at in instants]


def by_walking(zone: str, clock: time, change: datetime) -> list[datetime]:
    """One instant for each date that the clocks show there whole: the first minute that shows the
    time, or, where none does, as long after the jump as the time lies inside the gap.
    """
    shown = minutes_around(zone, change)
    found = []
    for day in sorted({local.date() for _, local in shown})[1:-1]:
        wanted = datetime.combine(day, clock)
        exact = next((at for at, local in shown if local == wanted), None)
        if exact is None:
            last, shows = max(
                ((at, local) for at, local in shown if local < wanted), key=lambda one: one[1]
            )
            exact = last + (wanted - shows)
        found.append(exact)
    return found


@pytest.mark.parametrize(("zone", "year"), ZONES.items())
def test_it_agrees_with_a_walk_over_the_minutes(zone: str, year: int) -> None:
    assert changes(zone, year)
    for change in changes(zone, year):
        for clock in CLOCKS:
            expected = by_walking(zone, clock, change)
            first = expected[0] - timedelta(hours=1)
            rule = daily(zone, clock, first.astimezone(ZoneInfo(zone)).date() - timedelta(days=3))
            got = next_instants(rule, after=first, count=len(expected))
            assert got == expected, (zone, change, clock)


def test_a_time_in_the_gap_is_shifted_by_the_gap() -> None:
    rule = daily("Europe/Berlin", time(2, 30), date(2026, 3, 1))

    one = next_occurrence(rule, after=datetime(2026, 3, 28, 12, tzinfo=UTC))

    assert one == Occurrence(
        "2026-03-29T02:30 Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    )


def test_of_a_time_that_comes_twice_the_first_counts_once() -> None:
    rule = daily("Europe/Berlin", time(2, 30), date(2026, 10, 1))

    got = next_instants(rule, after=datetime(2026, 10, 24, 12, tzinfo=UTC), count=2)

    assert got == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


def test_a_day_that_a_zone_left_out_does_not_make_two_of_the_next_one() -> None:
    rule = daily("Pacific/Apia", time(7, 30), date(2011, 12, 1))

    slots = [
        one.slot
        for one in islice(occurrences(rule, after=datetime(2011, 12, 28, 18, tzinfo=UTC)), 3)
    ]

    assert [slot[:10] for slot in slots] == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_a_weekly_reminder_on_the_day_left_out_comes_all_the_same() -> None:
    friday = Rule(
        frequency="weekly",
        time_zone="Pacific/Apia",
        time=time(7, 30),
        weekdays=frozenset({5}),
        starts_on=date(2011, 12, 1),
    )

    got = next_instants(friday, after=datetime(2011, 12, 24, tzinfo=UTC), count=2)

    assert [at.astimezone(ZoneInfo("Pacific/Apia")).date() for at in got] == [
        date(2011, 12, 31),
        date(2012, 1, 6),
    ]


def test_weekly_keeps_to_its_days_where_0_is_sunday() -> None:
    rule = Rule(
        frequency="weekly",
        time_zone="UTC",
        time=time(19),
        weekdays=frozenset({0, 3}),
        starts_on=date(2026, 11, 20),
    )

    got = next_instants(rule, after=datetime(2026, 11, 20, tzinfo=UTC), count=3)

    assert [at.strftime("%a %d") for at in got] == ["Sun 22", "Wed 25", "Sun 29"]


def test_once_comes_once_and_only_ahead() -> None:
    at = datetime(2031, 3, 11, 9, tzinfo=UTC)
    rule = Rule(frequency="once", time_zone="UTC", at=at)

    assert next_occurrence(rule, after=at - MINUTE) == Occurrence("2031-03-11T09:00:00Z", at)
    assert next_occurrence(rule, after=at) is None


def test_the_calendar_ends_without_an_error() -> None:
    rule = daily("Pacific/Kiritimati", time(23, 59), date(9998, 12, 31))

    assert next_occurrence(rule, after=datetime(9999, 12, 29, 12, tzinfo=UTC)) is None
    assert next_occurrence(rule, after=datetime.max.replace(tzinfo=UTC)) is None


def test_a_start_years_ahead_costs_no_walk() -> None:
    rule = daily("Europe/Berlin", time(9), date(2500, 1, 1))

    one = next_occurrence(rule, after=datetime(2026, 1, 1, tzinfo=UTC))

    assert one
    assert slot_date(one.slot) == date(2500, 1, 1)


def test_before_something_comes_at_once_when_that_moment_is_over() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    due_at = now + timedelta(minutes=10)

    assert before(due_at, 5, now=now).due_at == now + timedelta(minutes=5)
    assert before(due_at, 60, now=now) == Occurrence("2026-11-20T12:10:00Z/-60", now)


moments = st.integers(0, 40 * 365 * 24 * 60).map(
    lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + minutes * MINUTE
)


@settings(max_examples=200, deadline=None)
@given(
    zone=st.sampled_from(sorted(zones())),
    clock=st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    after=moments,
    weekdays=st.frozensets(st.integers(0, 6)),
)
def test_instants_rise_and_each_local_date_has_one(
    zone: str, clock: time, after: datetime, weekdays: frozenset[int]
) -> None:
    rule = Rule(
        frequency="weekly" if weekdays else "daily",
        time_zone=zone,
        time=clock,
        weekdays=weekdays,
        starts_on=date(1999, 1, 1),
    )

    got = list(islice(occurrences(rule, after=after), 12))

    assert all(one.due_at > after for one in got)
    assert all(one.due_at < two.due_at for one, two in pairwise(got))
    days = [slot_date(one.slot) for one in got]
    assert len(set(days)) == len(days)
    # Going on from any of them gives the same ones: the engine keeps only the last.
    resumed = occurrences(rule, after=got[3].due_at, since=slot_date(got[3].slot))
    assert list(islice(resumed, 8)) == got[4:]
