"""The words for moments, in English and in the zone of whoever reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from config.web import words

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 11, 8, 25, tzinfo=BERLIN)  # a Thursday
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def in_berlin() -> Iterator[None]:
    with translation.override("en"), timezone.override(BERLIN):
        yield


def at(day: int, hour: int = 0, minute: int = 0, month: int = 6, year: int = 2026) -> datetime:
    """An instant of Berlin's clock, handed over in UTC as the database does."""
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 6, 11), "today"),
        (date(2026, 6, 12), "tomorrow"),
        (date(2026, 6, 10), "yesterday"),
        (date(2026, 6, 13), "Saturday"),
        (date(2026, 6, 17), "Wednesday"),
        (date(2026, 6, 18), "Thursday 18 June"),
        (date(2026, 6, 5), "Friday"),
        (date(2026, 6, 4), "Thursday 4 June"),
        (date(2027, 1, 3), "3 January 2027"),
        (date(9999, 12, 31), "31 December 9999"),
    ],
)
def test_it_names_a_day(on: date, said: str) -> None:
    assert words.day(on, today=TODAY) == said


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        (at(11, 20), "today, 20:00"),
        (at(12, 7, 15), "tomorrow, 07:15"),
        (at(20, 7, 15), "Saturday 20 June, 07:15"),
    ],
)
def test_it_names_a_moment(instant: datetime, said: str) -> None:
    assert words.moment(instant, now=NOW) == said


def test_it_reads_the_clock_of_the_active_zone() -> None:
    with timezone.override("Pacific/Auckland"):
        assert words.moment(at(11, 20), now=NOW) == "tomorrow, 06:00"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (at(11, 19, 30), at(11, 21), "today, 19:30–21:00"),
        (at(12, 22), at(13, 1), "tomorrow, 22:00 – Saturday, 01:00"),
    ],
)
def test_it_names_a_period(start: datetime, end: datetime, said: str) -> None:
    assert words.period(start, end, now=NOW) == said


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=-59), "now"),
        (timedelta(minutes=1), "in 1 min"),
        (timedelta(hours=2, minutes=15), "in 2 h 15 min"),
        (timedelta(hours=3), "in 3 h"),
        (timedelta(hours=11, minutes=5), "in 11 h"),
        (timedelta(hours=24), "in 1 day"),
        (timedelta(days=9, hours=6), "in 9 days"),
        (timedelta(minutes=-5), "5 min ago"),
    ],
)
def test_it_counts_down(apart: timedelta, said: str) -> None:
    assert words.from_now(NOW + apart, now=NOW) == said


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        (at(11, 7), "since 07:00"),
        (at(10, 23, 59), "since yesterday"),
        (at(9, 12), "since Tuesday"),
        (at(2, 12), "since 2 June"),
        (at(2, 12, year=2025), "since 2 June 2025"),
    ],
)
def test_it_says_since_when(instant: datetime, said: str) -> None:
    assert words.since(instant, now=NOW) == said


@pytest.mark.parametrize(
    ("instant", "timed", "said"),
    [
        (at(11, 18), True, "by 18:00"),
        (at(12, 7, 15), True, "tomorrow, 07:15"),
        (at(12), False, "today"),  # a day ends at the next midnight
        (at(11, 23, 59), False, "today"),
        (at(11), False, "since yesterday"),
        (at(9, 9), True, "since Tuesday"),
    ],
)
def test_it_says_when_something_is_due(instant: datetime, *, timed: bool, said: str) -> None:
    assert words.due(instant, timed=timed, now=NOW) == said


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=-3), "0 seconds"),
        (timedelta(minutes=11, seconds=40), "11 minutes"),
        (timedelta(hours=1, minutes=59), "1 hour"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_it_says_how_long(span: timedelta, said: str) -> None:
    assert words.lasting(span) == said


@pytest.mark.parametrize(
    "instant", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_it_survives_the_ends_of_the_calendar(instant: datetime) -> None:
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        with timezone.override(zone):
            assert words.moment(instant, now=NOW)
            assert words.due(instant, timed=True, now=NOW)
