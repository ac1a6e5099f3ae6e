"""Quiet hours delay what would go out, and never drop it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.guild.testing import Cast, api, browser
from accounts.models import Guild, User
from reminders.quiet import Quiet
from reminders.reasons import in_words
from reminders.testing import deliver, make_reminder
from reminders.tests.rounds import add_way, clock, inbox_of, remind, rows

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
         "Africa/Casablanca", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"]  # fmt: skip
CLOCKS = st.times(min_value=time(0), max_value=time(23, 59)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
INSTANTS = st.integers(0, 20 * 366 * 1440).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(at=INSTANTS, first=CLOCKS, last=CLOCKS, zone=st.sampled_from(ZONES))
def test_it_ends_ahead_within_a_day_and_is_over_then(
    at: datetime, first: time, last: time, zone: str
) -> None:
    end = Quiet(first, last, zone).end(at)

    if end is None:
        return
    # A zone that left a day out (Apia, 2011) is before these years; a change of clocks is not.
    assert at < end <= at + timedelta(hours=26)
    local = end.astimezone(ZoneInfo(zone))
    asked = datetime.combine(local.date(), last, ZoneInfo(zone))
    # What the clocks show then, unless they skip it.
    assert local.time() == last or asked.astimezone(UTC).astimezone(ZoneInfo(zone)) == local
    # Unless the next ones begin just then: what the clocks skip is moved behind the gap.
    begins = datetime.combine(local.date(), first, ZoneInfo(zone)).astimezone(UTC)
    assert begins == end or Quiet(first, last, zone).end(end) is None


@given(
    day=st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31)),
    first=CLOCKS,
    last=CLOCKS,
    at=CLOCKS,
)
def test_where_no_clock_changes_it_is_what_the_clock_shows(
    day: date, first: time, last: time, at: time
) -> None:
    inside = first <= at < last if first < last else at >= first or at < last
    end = Quiet(first, last, "Asia/Kathmandu").end(
        datetime.combine(day, at, ZoneInfo("Asia/Kathmandu"))
    )
    assert (end is not None) is (inside and first != last)


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        # Through the night in which the clocks are put forward, and back.
        ("2026-03-28T23:00+01:00", "2026-03-29T05:00+00:00"),
        ("2026-10-24T23:00+02:00", "2026-10-25T06:00+00:00"),
        ("2026-06-01T06:59+02:00", "2026-06-01T05:00+00:00"),
        ("2026-06-01T07:00+02:00", None),
        ("2026-06-01T21:59+02:00", None),
        ("2026-06-01T22:00+02:00", "2026-06-02T05:00+00:00"),
    ],
)
def test_a_night_in_berlin(said: str, ends: str | None) -> None:
    end = Quiet(time(22), time(7), "Europe/Berlin").end(datetime.fromisoformat(said))

    assert end == (datetime.fromisoformat(ends) if ends else None)


def test_hours_that_end_where_the_clocks_jump_end_after_the_jump() -> None:
    quiet = Quiet(time(22), time(2, 30), "Europe/Berlin")

    end = quiet.end(datetime(2026, 3, 29, 0, 0, tzinfo=UTC))

    assert end == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.fixture
def night(committed_cast: Cast) -> Cast:
    """Carol in Kathmandu, the household in UTC."""
    carol = committed_cast.carol
    assert carol.user_id
    User.objects.filter(pk=carol.user_id).update(time_zone="Asia/Kathmandu")
    Guild.objects.filter(pk=committed_cast.home.pk).update(time_zone="UTC")
    return committed_cast


def hours(zone: str, *, begin: float, end: float) -> dict[str, Any]:
    """Quiet hours from so many minutes ago to so many ahead, by the clocks of the zone."""
    now = timezone.now().astimezone(ZoneInfo(zone))
    return {"quiet_from": clock(now, minutes=begin), "quiet_until": clock(now, minutes=end)}


def test_it_waits_until_they_are_over_and_the_row_says_so(night: Cast) -> None:
    carol = night.carol
    add_way(carol, "Phone", **hours("Asia/Kathmandu", begin=-60, end=120))
    row = remind(carol)

    deliver(seconds=5)

    assert inbox_of(carol) == ["Feed the cat"]
    assert [one.to for one in mail.outbox] == [["carol@example.org"]]
    [(_, _, reason, attempts)] = [
        one for one in rows(row["id"], "status", "reason", "attempts") if one[1] == "planned"
    ]
    assert reason.startswith("quiet:")
    assert "It waits for the end of the quiet hours" in in_words(reason)
    assert "passing" not in attempts
    page = browser(carol).get(f"/g/home/reminders/{row['id']}/").content.decode()
    assert "end of the quiet hours" in page

    deliver(minutes=118)
    assert len(mail.outbox) == 1
    deliver(minutes=120, seconds=5)

    assert mail.outbox[1].to == ["phone@example.org"]
    # It waited, and was not late.
    assert "late" not in str(mail.outbox[1].body)


def test_by_the_clocks_of_whoever_is_told(night: Cast) -> None:
    # The hours are those of the clocks in UTC, and in Kathmandu it is 5:45 later.
    add_way(night.carol, "Phone", **hours("UTC", begin=-60, end=120))
    remind(night.carol)

    deliver(seconds=5)

    assert len(mail.outbox) == 2


def test_what_is_urgent_passes_them(night: Cast) -> None:
    add_way(night.carol, "Phone", **hours("Asia/Kathmandu", begin=-60, end=120))
    remind(night.carol, urgent=True)

    deliver(seconds=5)

    assert len(mail.outbox) == 2


def test_the_households_channel_goes_by_the_households_clocks(night: Cast) -> None:
    family = add_way(None, "Family", guild=night.home.pk, **hours("UTC", begin=-60, end=120))
    row = remind(night.carol, destinations=[family])

    deliver(seconds=5)
    assert ("household", "planned") in rows(row["id"], "status")
    deliver(minutes=121)

    assert ("household", "sent") in rows(row["id"], "status")


def test_a_day_late_counts_from_their_end(night: Cast) -> None:
    carol = night.carol
    add_way(carol, "Phone", **hours("Asia/Kathmandu", begin=-60, end=600))
    reminder = make_reminder(carol, in_seconds=5)

    # Nothing ran for a day and more: too late for the one, and the other waits again.
    deliver(hours=33)
    deliver(hours=34, minutes=1)

    states = rows(reminder, "channel", "status", "reason")
    assert {one[1:] for one in states} == {
        ("inbox", "sent", ""),
        ("email", "skipped", "too_late"),
        ("email", "sent", ""),
    }


def test_what_she_put_off_herself_comes_when_she_said(night: Cast) -> None:
    carol = night.carol
    add_way(carol, "Phone", **hours("Asia/Kathmandu", begin=20, end=120))
    row = remind(carol)
    deliver(seconds=5)
    assert len(mail.outbox) == 2

    assert api(carol).post(f"reminders/{row['id']}/snooze/", {"minutes": 40}).status_code == 200
    deliver(minutes=41)

    assert len(mail.outbox) == 4
