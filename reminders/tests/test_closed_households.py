"""A closed household is left in peace; open again, it goes on with what is ahead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.guild.testing import Cast
from accounts.models import Guild
from reminders.engine.database import run
from reminders.engine.figures import figures
from reminders.testing import deliver, deliveries, make_reminder
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
