"""A reminder for one moment: it comes once, by every way, and what became of it is kept."""

from __future__ import annotations

from django.core import mail

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast
from reminders.models import Notification
from reminders.testing import deliver, deliveries, make_reminder


def test_it_comes_to_the_inbox_and_by_email_once_each(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, message="Feed the cat")

    deliver(minutes=1)
    deliver(minutes=1)

    assert [(d["channel"], d["status"]) for d in deliveries(reminder)] == [
        ("inbox", "sent"),
        ("email", "sent"),
    ]
    [letter] = mail.outbox
    assert letter.subject == "Feed the cat"
    assert letter.to == ["carol@example.org"]
    with guild_scope(carol.guild_id, carol):
        [row] = Notification.objects.waiting()
        assert row.title == "Feed the cat"
        assert row.late_by_seconds == 0


def test_it_does_not_come_before_its_time(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, in_seconds=20)

    deliver()

    assert [d["status"] for d in deliveries(reminder)] == ["planned", "planned"]
    with guild_scope(committed_cast.home.pk, committed_cast.carol):
        assert not Notification.objects.arrived().exists()
