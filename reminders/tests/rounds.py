"""For tests of whom, by which way and how often: people, ways and what came of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.actions.absence import add_absence
from accounts.guild.scope import guild_scope
from accounts.guild.testing import api
from accounts.models import Absence, Member
from reminders.engine.database import run
from reminders.models import Channel, Destination, Notification, Reminder


def today(member: Member, **later: float) -> date:
    """The day in the household's calendar, so much later."""
    day: date = member.guild.day(timezone.now() + timedelta(**later))
    return day


def away(member: Member, *, days: int = 1) -> Absence:
    """From yesterday on: a test near midnight means the same days."""
    with guild_scope(member.guild_id, member):
        first = today(member) - timedelta(days=1)
        return add_absence(by=member, from_on=first, until_on=first + timedelta(days=days + 1))


def add_way(member: Member | None, name: str, *, guild: UUID | None = None, **said: Any) -> str:
    """A confirmed e-mail address of hers, or of the household; its id."""
    guild = member.guild_id if member else guild
    assert guild is not None
    address = f"{name.lower()}@example.org"
    with guild_scope(guild, member):
        owner = member or Member.objects.exclude(user=None).filter(left_at=None).first()
        assert owner is not None
        EmailAddress.objects.create(user_id=owner.user_id, email=address, verified=True)
        way = Destination.objects.create(
            member=member,
            channel=Channel.EMAIL,
            name=name,
            secret=address,
            address_hash=sha256(address.encode()).hexdigest(),
            **said,
        )
    return str(way.pk)


def remind(by: Member, **said: Any) -> Any:
    """A reminder made over the API, soon unless it says when."""
    if "frequency" not in said:
        at = (timezone.now() + timedelta(seconds=2)).isoformat()
        said |= {"frequency": "once", "at": at}
    response = api(by).post("reminders/", {"message": "Feed the cat"} | said)
    assert response.status_code == 201, response.content
    return response.json()


def refused(by: Member, **said: Any) -> list[tuple[str, str]]:
    """The fields and codes of what the API holds against such a reminder."""
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    body = {"message": "Feed the cat", "frequency": "once", "at": at} | said
    response = api(by).post("reminders/", body)
    assert response.status_code in (400, 409), response.content
    return [(one["pointer"], one["code"]) for one in response.json()["errors"]]


def inbox_of(member: Member) -> list[str]:
    with guild_scope(member.guild_id, member):
        return [row.title for row in Notification.objects.waiting()]


def letters_of(member: Member) -> list[Notification]:
    with guild_scope(member.guild_id, member):
        return list(Notification.objects.arrived())


def rows(reminder: Reminder | str, *columns: str) -> list[tuple[Any, ...]]:
    """Of every delivery, in the order in which they were due, the recipient's name and these."""
    named = ", ".join(f"d.{one}" for one in columns)
    return run(
        f"SELECT coalesce(m.nickname, 'household'), {named} FROM reminders_delivery d"  # noqa: S608
        " LEFT JOIN accounts_member m ON m.id = d.recipient_id WHERE d.reminder_id = %s"
        " ORDER BY d.due_at, d.step, m.nickname, d.channel DESC, d.id",
        [getattr(reminder, "pk", reminder)],
    )


def clock(at: datetime, **later: float) -> time:
    """The wall clock then, in UTC."""
    return (at + timedelta(**later)).time().replace(microsecond=0)
