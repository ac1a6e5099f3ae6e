"""The morning summary comes once for each local date, at the member's own time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from accounts.guild.testing import Cast, api
from reminders.engine.database import run
from reminders.engine.loop import deliver_due
from reminders.testing import clock_shifted, deliver
from reminders.tests.summaries import at_noon, came, move_to, summaries, switch_on, until

BERLIN, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")


@pytest.fixture
def committed_cast(committed_cast: Cast) -> Cast:
    return at_noon(committed_cast)


def test_it_comes_each_day_once(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    for days in range(3):
        for _ in range(2):
            deliver(**until(at + timedelta(days=days)))

    first = at.astimezone(ZoneInfo(carol.home_zone)).date()
    assert came(carol) == [f"digest:{first + timedelta(days=n)}" for n in range(3)]
    assert len(mail.outbox) == 3


def test_only_on_the_chosen_days(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    today = timezone.localdate(timezone=ZoneInfo(carol.home_zone)).isoweekday() % 7
    at = switch_on(carol, also_empty=True, weekdays=[today, (today + 2) % 7])
    for days in range(4):
        deliver(**until(at + timedelta(days=days)))
    assert len(came(carol)) == 2


def test_another_time_on_the_same_day_makes_no_second_one(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    deliver(**until(at))
    with clock_shifted(**until(at)):
        later = switch_on(carol, in_minutes=10)
    deliver(**until(later))
    assert len(came(carol)) == 1


def test_what_an_edit_took_back_still_comes_that_day(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    with clock_shifted(seconds=(at - timezone.now()).total_seconds() - 10):
        deliver_due()  # planned, ten seconds ahead
        assert [row["reason"] for row in summaries(carol)] == [""]
        later = switch_on(carol, in_minutes=10)
        assert [row["reason"] for row in summaries(carol)] == ["edited"]
    deliver(**until(at))
    assert came(carol) == []
    deliver(**until(later))
    assert len(came(carol)) == 1


def test_switched_off_it_does_not_come(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    api(carol).patch("digest/", {"is_on": False})
    deliver(**until(at))
    assert summaries(carol) == []


def test_after_a_break_only_todays_comes(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    deliver(seconds=(at + timedelta(days=3, minutes=1) - timezone.now()).total_seconds())

    rows = summaries(carol)
    assert [row["reason"] for row in rows] == ["missed", "missed", "missed", ""]
    assert len(mail.outbox) == 1


def test_yesterdays_is_of_no_use_today(committed_cast: Cast) -> None:
    """A weekly one is half a period old much later, but its day is over."""
    carol = committed_cast.carol
    zone = ZoneInfo(carol.home_zone)
    day = timezone.localdate(timezone=zone)
    at = switch_on(carol, also_empty=True, weekdays=[day.isoweekday() % 7])
    midnight = datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time.min, zone)
    deliver(**until(midnight + timedelta(minutes=1)))
    assert [row["reason"] for row in summaries(carol)] == ["missed"]
    assert mail.outbox == []


def test_she_moves_there_and_back_and_has_one_for_each_date(committed_cast: Cast) -> None:
    carol = move_to(committed_cast.carol, "Europe/Berlin")
    at = switch_on(carol, also_empty=True)
    deliver(**until(at))
    assert came(carol) == [f"digest:{at.astimezone(BERLIN).date()}"]

    with clock_shifted(**until(at)):
        carol = move_to(carol, "Pacific/Auckland")
    there = at.astimezone(AUCKLAND)
    wall = time(at.astimezone(BERLIN).hour, at.astimezone(BERLIN).minute)
    expected = {at.astimezone(BERLIN).date()}
    next_there = datetime.combine(there.date(), wall, AUCKLAND)
    if next_there <= at:
        next_there += timedelta(days=1)
    if next_there.date() in expected:
        next_there += timedelta(days=1)
    deliver(**until(next_there))
    expected.add(next_there.date())
    assert came(carol) == sorted(f"digest:{day}" for day in expected)

    with clock_shifted(**until(next_there)):
        carol = move_to(carol, "Europe/Berlin")
    last = max(expected) + timedelta(days=1)
    deliver(**until(datetime.combine(last, wall, BERLIN)))
    dates = [date.fromisoformat(origin.removeprefix("digest:")) for origin in came(carol)]
    assert len(dates) == len(set(dates))
    assert last in dates


def test_the_households_zone_counts_for_who_has_none(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    switch_on(carol, in_minutes=30)
    [(before,)] = run("SELECT look_at FROM reminders_digest WHERE is_on")
    api(committed_cast.alice).patch(
        f"/api/v1/guilds/{committed_cast.home.pk}/", {"time_zone": "Asia/Kathmandu"}
    )
    deliver()
    [(after,)] = run("SELECT look_at FROM reminders_digest WHERE is_on")
    assert before != after
