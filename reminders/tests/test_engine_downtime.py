"""Late rather than lost: what a return after a break sends, and what it only writes down."""

from __future__ import annotations

from datetime import timedelta

from django.core import mail
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, browser
from reminders.models import Notification
from reminders.testing import deliver, deliveries, make_reminder


def test_a_single_one_comes_late_and_says_so(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_reminder(carol, in_seconds=60)

    deliver(hours=3)

    [letter] = mail.outbox
    assert "2 hours late" in letter.body
    with guild_scope(carol.guild_id, carol):
        [row] = Notification.objects.waiting()
    assert row.late_by_seconds in range(3 * 3600 - 60, 3 * 3600 - 30)
    assert "2 hours late" in browser(carol).get("/g/home/inbox/").content.decode()


def test_more_than_a_day_late_it_only_goes_into_the_inbox(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, in_seconds=60)

    deliver(days=2)

    assert mail.outbox == []
    assert [(one["channel"], one["status"], one["reason"]) for one in deliveries(reminder)] == [
        ("inbox", "sent", ""),
        ("email", "skipped", "too_late"),
    ]


def test_of_a_repeating_one_only_the_latest_is_sent_and_the_others_are_written_down(
    committed_cast: Cast,
) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    reminder = make_reminder(
        committed_cast.carol,
        frequency="daily",
        time=soon.time().replace(microsecond=0),
        time_zone="UTC",
    )

    deliver(days=3, hours=1)

    inbox = [one for one in deliveries(reminder) if one["channel"] == "inbox"]
    assert [one["status"] for one in inbox] == ["skipped"] * 3 + ["sent"]
    assert {one["reason"] for one in inbox[:3]} == {"missed"}
    assert len(mail.outbox) == 1


def test_the_latest_is_not_sent_when_the_next_one_is_nearer(committed_cast: Cast) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    reminder = make_reminder(
        committed_cast.carol,
        frequency="daily",
        time=soon.time().replace(microsecond=0),
        time_zone="UTC",
    )

    deliver(days=1, hours=13)

    assert {one["reason"] for one in deliveries(reminder)} == {"missed"}
    assert mail.outbox == []


def test_a_long_break_leaves_ten_rows_and_one_for_the_rest(committed_cast: Cast) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    carol = committed_cast.carol
    reminder = make_reminder(
        carol, frequency="daily", time=soon.time().replace(microsecond=0), time_zone="UTC"
    )

    deliver(days=40, hours=1)

    inbox = [one for one in deliveries(reminder) if one["channel"] == "inbox"]
    assert len(inbox) == 1 + 10 + 1
    assert inbox[0]["reason"].startswith("missed:30:")
    page = browser(carol).get(f"/g/home/reminders/{reminder.pk}/").content.decode()
    assert "were missed while Guildhall was off" in page
