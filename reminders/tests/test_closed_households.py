"""A closed household is left in peace; open again, it catches up and goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.guild.testing import Cast
from accounts.models import Guild
from reminders.engine.database import run
from reminders.engine.figures import figures
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder
from reminders.tests.test_engine_changes import inbox_of


def close(cast: Cast, way: str) -> None:
    said = {"is_active": False} if way == "is_active" else {"deleted_at": timezone.now()}
    Guild.objects.using("system").filter(pk=cast.home.pk).update(**said)


def open_again(cast: Cast) -> None:
    Guild.objects.using("system").filter(pk=cast.home.pk).update(is_active=True, deleted_at=None)


@pytest.mark.parametrize("way", ["is_active", "deleted_at"])
def test_nothing_is_written_for_a_closed_household(committed_cast: Cast, way: str) -> None:
    carol, at = committed_cast.carol, timezone.now() + timedelta(minutes=1)
    daily = make_reminder(
        carol, frequency="daily", time=at.time().replace(microsecond=0), time_zone="UTC"
    )
    once = make_reminder(carol, in_seconds=60)
    close(committed_cast, way)

    deliver(hours=1)
    deliver(days=9)

    assert deliveries(daily) == deliveries(once) == []
    assert figures().overdue_seconds == 0
    assert run("SELECT count(*) FROM reminders_reminder WHERE look_at < now() + '99 years'") == [
        (0,)
    ]


def test_open_again_it_goes_on_with_what_is_ahead(committed_cast: Cast) -> None:
    carol, at = committed_cast.carol, timezone.now() + timedelta(hours=1)
    make_reminder(
        carol,
        message="Every day",
        frequency="daily",
        time=at.time().replace(microsecond=0),
        time_zone="UTC",
    )
    make_reminder(carol, message="Tomorrow", in_seconds=25 * 3600)
    gone = make_reminder(carol, message="Paused", in_seconds=25 * 3600)
    run(
        "UPDATE reminders_reminder SET paused_at = now(), look_at = NULL, next_slot = ''"
        " WHERE id = %s",
        [gone.pk],
    )
    close(committed_cast, "is_active")
    deliver(hours=2)
    open_again(committed_cast)
    deliver()

    deliver(hours=26)

    assert sorted(set(inbox_of(carol))) == ["Every day", "Tomorrow"]
    assert deliveries(gone) == []


def test_other_households_are_not_touched(committed_cast: Cast) -> None:
    make_reminder(committed_cast.charlie, message="Elsewhere")
    close(committed_cast, "is_active")

    deliver(minutes=2)

    assert inbox_of(committed_cast.charlie) == ["Elsewhere"]


@pytest.mark.parametrize("way", ["is_active", "deleted_at"])
def test_what_fell_due_meanwhile_is_caught_up_with(committed_cast: Cast, way: str) -> None:
    once = make_reminder(committed_cast.carol, in_seconds=600)
    close(committed_cast, way)
    deliver(minutes=20)
    with clock_shifted(minutes=40):
        open_again(committed_cast)

    deliver(minutes=41)

    [inbox] = [one for one in deliveries(once) if one["channel"] == "inbox"]
    assert (inbox["status"], inbox["reason"]) == ("sent", "")


def test_what_is_more_than_a_day_late_is_told_as_such(committed_cast: Cast) -> None:
    once = make_reminder(committed_cast.carol, in_seconds=600)
    close(committed_cast, "is_active")
    with clock_shifted(days=3):
        open_again(committed_cast)

    deliver(days=3)

    told = {one["channel"]: (one["status"], one["reason"]) for one in deliveries(once)}
    assert told == {"inbox": ("sent", ""), "email": ("skipped", "too_late")}


def test_of_what_repeats_each_missed_one_has_a_row(committed_cast: Cast) -> None:
    at = timezone.now() + timedelta(minutes=10)
    hourly = make_reminder(
        committed_cast.carol,
        frequency="interval",
        every_minutes=60,
        once_at=at,
    )
    close(committed_cast, "is_active")
    deliver(hours=2)
    with clock_shifted(hours=4):
        open_again(committed_cast)

    deliver(hours=4)

    inbox = [one for one in deliveries(hourly) if one["channel"] == "inbox"]
    assert [(one["status"], one["reason"]) for one in inbox] == [("skipped", "missed")] * 4


def test_closed_twice_it_still_knows_since_when(committed_cast: Cast) -> None:
    once = make_reminder(committed_cast.carol, in_seconds=600)
    close(committed_cast, "is_active")
    close(committed_cast, "deleted_at")
    open_again(committed_cast)

    deliver(minutes=11)

    assert {one["status"] for one in deliveries(once)} == {"sent"}
