"""What happens to the planned when a reminder changes meanwhile: seen by running the engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core import mail
from django.utils import timezone

from accounts.actions.member import leave_guild
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Member
from reminders import actions
from reminders.models import Notification, Reminder
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder, soon


def states(reminder: Reminder | UUID) -> list[tuple[str, str, str]]:
    return [(one["channel"], one["status"], one["reason"]) for one in deliveries(reminder)]


def inbox_of(member: Member) -> list[str]:
    with guild_scope(member.guild_id, member):
        return [row.title for row in Notification.objects.waiting()]


def change(reminder: Reminder, by: Member, **said: Any) -> None:
    with guild_scope(by.guild_id, by):
        actions.edit_reminder(reminder, by=by, at=timezone.now(), **said)


def test_an_edited_one_comes_at_the_new_time_only(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, in_seconds=10)
    deliver()  # plans it

    change(reminder, carol, once_at=soon(3600))
    deliver(seconds=20)
    assert inbox_of(carol) == []

    deliver(hours=1, seconds=5)
    assert inbox_of(carol) == ["Feed the cat"]
    assert len(mail.outbox) == 1
    assert states(reminder) == [
        ("inbox", "skipped", "edited"),
        ("email", "skipped", "edited"),
        ("inbox", "sent", ""),
        ("email", "sent", ""),
    ]


def test_another_text_is_read_at_the_last_moment_and_moves_nothing(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, in_seconds=10)
    deliver()

    change(reminder, carol, message="Feed both cats")
    deliver(seconds=20)

    assert inbox_of(carol) == ["Feed both cats"]
    assert [letter.subject for letter in mail.outbox] == ["Feed both cats"]


def test_edited_there_and_back_it_still_comes_once(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, in_seconds=15)
    deliver()
    first = reminder.once_at

    change(reminder, carol, once_at=soon(3600))
    change(reminder, carol, once_at=first)
    deliver(seconds=20)
    deliver(hours=2)

    assert inbox_of(carol) == ["Feed the cat"]
    assert states(reminder) == [("inbox", "sent", ""), ("email", "sent", "")]


def test_other_recipients_get_what_is_planned_already(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, in_seconds=10)
    deliver()

    change(reminder, carol, recipients=[bob])
    deliver(seconds=20)

    assert (inbox_of(carol), inbox_of(bob)) == ([], ["Feed the cat"])
    assert [letter.to for letter in mail.outbox] == [["bob@example.org"]]


def test_a_deleted_one_never_comes_and_its_open_rows_are_taken_back(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    planned = make_reminder(carol, in_seconds=10, recipients=[bob])
    come = make_reminder(carol, in_seconds=1, recipients=[bob], message="Bins out")
    deliver(seconds=3)
    assert inbox_of(bob) == ["Bins out"]

    api(carol).delete(f"reminders/{planned.pk}/")
    api(carol).delete(f"reminders/{come.pk}/")
    deliver(hours=1)

    assert inbox_of(bob) == []
    assert {reason for _, status, reason in states(planned) if status == "skipped"} == {"deleted"}


def test_undone_deletion_brings_all_of_it_back(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    planned = make_reminder(carol, in_seconds=10, recipients=[bob])
    come = make_reminder(carol, in_seconds=1, recipients=[bob], message="Bins out")
    deliver(seconds=3)

    page = browser(carol)
    for reminder in (planned, come):
        page.post(f"/g/home/reminders/{reminder.pk}/delete/")
        page.post(f"/g/home/reminders/{reminder.pk}/restore/")
    deliver(seconds=30)

    assert sorted(inbox_of(bob)) == ["Bins out", "Feed the cat"]
    assert len(mail.outbox) == 2


def test_a_paused_one_is_silent_and_resumed_goes_on_with_what_is_ahead(
    committed_cast: Cast,
) -> None:
    carol, at = committed_cast.carol, timezone.now() + timedelta(seconds=15)
    reminder = make_reminder(
        carol, frequency="daily", time=at.time().replace(microsecond=0), time_zone="UTC"
    )
    deliver()
    client = api(carol)

    assert client.post(f"reminders/{reminder.pk}/pause/").json()["next_due_at"] is None
    deliver(seconds=30)
    assert inbox_of(carol) == []

    assert client.post(f"reminders/{reminder.pk}/resume/").json()["next_due_at"]
    deliver(seconds=30)
    assert inbox_of(carol) == ["Feed the cat"]


def test_who_left_is_not_told(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, in_seconds=10, recipients=[bob, carol])
    deliver()
    with guild_scope(bob.guild_id, bob):
        leave_guild(bob, at=timezone.now())

    deliver(seconds=20)

    told = {(one["recipient"], one["status"], one["reason"]) for one in deliveries(reminder)}
    assert told == {(carol.pk, "sent", ""), (bob.pk, "skipped", "left")}
    assert [letter.to for letter in mail.outbox] == [["carol@example.org"]]


def test_everyone_is_who_lives_here_when_it_fires(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, recipients="everyone", in_seconds=60)
    bob = committed_cast.bob
    with guild_scope(bob.guild_id, bob):
        leave_guild(bob, at=timezone.now())

    deliver(minutes=2)

    told = {one["recipient"] for one in deliveries(reminder)}
    assert told == {committed_cast.alice.pk, committed_cast.carol.pk}


def test_a_zone_moved_there_and_back_never_says_a_date_twice(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = timezone.now() + timedelta(seconds=2)
    reminder = make_reminder(
        carol, frequency="daily", time=at.time().replace(microsecond=0), time_zone="UTC"
    )
    deliver(seconds=5)
    assert len(mail.outbox) == 1

    # In Samoa the same time of the same date is still ahead.
    with clock_shifted(seconds=5):
        change(reminder, carol, time_zone="Pacific/Pago_Pago")
    deliver(hours=11, seconds=30)
    assert len(mail.outbox) == 1
    change(reminder, carol, time_zone="UTC")
    deliver(hours=12)

    assert len(mail.outbox) == 1


def test_what_is_due_in_five_years_is_not_due_now(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, in_seconds=5 * 365 * 86400)

    deliver()

    assert deliveries(reminder) == []


def test_a_private_one_for_others_shows_them_the_words_and_not_the_row(
    committed_cast: Cast,
) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    reminder = make_reminder(carol, recipients=[alice], visibility="private", in_seconds=1)

    deliver(seconds=5)

    assert inbox_of(alice) == ["Feed the cat"]
    with guild_scope(alice.guild_id, alice):
        assert Notification.objects.get().url == ""
    assert browser(alice).get(f"/g/home/reminders/{reminder.pk}/").status_code == 404
