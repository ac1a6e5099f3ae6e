"""A herd that is due at the same instant goes out over a while, where the house wants that."""

from __future__ import annotations

from datetime import timedelta

from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast
from reminders.engine.database import run
from reminders.testing import deliver, make_reminder


def waits() -> dict[str, list[timedelta]]:
    """By channel how much later than due each one is tried first."""
    found: dict[str, list[timedelta]] = {}
    rows = run(
        "SELECT channel, try_at - due_at FROM reminders_delivery ORDER BY recipient_id, due_at"
    )
    for channel, wait in rows:
        found.setdefault(channel, []).append(wait)
    return found


def test_each_has_a_moment_of_its_own_and_the_inbox_none(
    committed_cast: Cast, settings: Settings
) -> None:
    settings.SPREAD_SECONDS = 60
    for number in range(4):
        make_reminder(
            committed_cast.carol, message=f"No. {number}", in_seconds=20, recipients="everyone"
        )

    deliver()

    found = waits()
    assert set(found["inbox"]) == {timedelta()}
    assert len(found["email"]) == 12
    assert len(set(found["email"])) > 6
    assert all(timedelta() <= wait <= timedelta(seconds=60) for wait in found["email"])


def test_without_it_all_go_when_they_are_due(committed_cast: Cast) -> None:
    make_reminder(committed_cast.carol, in_seconds=20, recipients="everyone")

    deliver()

    assert waits() == {"inbox": [timedelta()] * 3, "email": [timedelta()] * 3}


def test_it_goes_out_at_its_moment(committed_cast: Cast, settings: Settings) -> None:
    settings.SPREAD_SECONDS = 60
    make_reminder(committed_cast.carol, in_seconds=20)

    deliver(seconds=81)

    assert run("SELECT DISTINCT status FROM reminders_delivery") == [("sent",)]
