"""Who has left the household is not told any more, and nothing waits for her for ever."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.actions.member import leave_guild
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast
from accounts.models import Member
from reminders.testing import deliver, make_reminder
from reminders.tests.rounds import letters_of, rows


def leave(member: Member) -> None:
    with guild_scope(member.guild_id, member):
        leave_guild(member, at=timezone.now())


def each_hour(by: Member, **said: Any) -> str:
    reminder = make_reminder(
        by, frequency="interval", every_minutes=60, starts_on=timezone.localdate(), **said
    )
    return str(reminder.pk)


def told(reminder: str) -> list[tuple[Any, ...]]:
    """What became of each time in the inbox."""
    found = rows(reminder, "status", "reason", "channel")
    return [one[:3] for one in found if one[3] == "inbox"]


def test_what_is_planned_for_who_left_is_skipped_and_nothing_follows(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = each_hour(carol, recipients=[carol, bob])
    deliver(minutes=59, seconds=45)  # planned, and not due
    leave(bob)
    for hours in (1, 2, 3):
        deliver(hours=hours, seconds=90)

    assert sorted(told(reminder)) == [("Bob", "skipped", "left"), *[("Carol", "sent", "")] * 3]


def test_where_all_have_left_its_maker_is_told(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = each_hour(carol, recipients=[bob])
    leave(bob)
    deliver(hours=1, seconds=90)

    assert told(reminder) == [("Carol", "sent", "")]
    [letter] = letters_of(carol)
    assert letter.body == "Nobody of those it is for is here, so it comes to you."


def test_her_own_private_ones_end_with_her(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = each_hour(carol, visibility="private")
    leave(carol)
    for hours in (1, 2):
        deliver(hours=hours, seconds=90)

    assert told(reminder) == []
