"""For tests of the morning summary: switched on for soon, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.guild.scope import user_scope
from accounts.guild.testing import Cast, api
from accounts.models import Member, User
from reminders.engine.database import run
from reminders.testing import deliver


def at_noon(cast: Cast) -> Cast:
    """In a household whose clocks say noon, on the day that it is in UTC, too: what a test means by
    today is over at midnight.
    """
    ahead = 12 - timezone.now().hour
    zone = f"Etc/GMT{-ahead:+d}"
    run("UPDATE accounts_guild SET time_zone = %s WHERE id = %s", [zone, cast.home.pk])
    for guild in (cast.home, cast.alice.guild, cast.bob.guild, cast.carol.guild):
        guild.time_zone = zone
    return cast


def switch_on(member: Member, *, in_minutes: float = 2, **said: Any) -> datetime:
    """Her summary comes each day so many minutes from now, by her own clock; that instant."""
    at = (timezone.now() + timedelta(minutes=in_minutes)).replace(second=0, microsecond=0)
    zone = ZoneInfo(member.home_zone)
    body = {"is_on": True, "time": f"{at.astimezone(zone):%H:%M}"} | said
    answer = api(member).patch("digest/", body)
    assert answer.status_code == 200, answer.content
    deliver()
    return at


def make_task(by: Member, **said: Any) -> str:
    """Its id."""
    if "assignees" in said:
        said["assignees"] = [str(member.pk) for member in said["assignees"]]
    answer = api(by).post("tasks/", said | {"due_on": str(timezone.localdate())})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def summaries(member: Member) -> list[dict[str, Any]]:
    """Every row of hers, as the engine sees it, by date."""
    names = ["origin", "due_at", "arrived_at", "reason", "title", "body"]
    rows = run(
        "SELECT origin, due_at, arrived_at, closed_reason, title, body"
        " FROM reminders_notification WHERE kind = 'digest' AND recipient_id = %s ORDER BY origin",
        [member.pk],
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def came(member: Member) -> list[str]:
    return [row["origin"] for row in summaries(member) if row["arrived_at"]]


def move_to(member: Member, zone: str) -> Member:
    assert member.user is not None
    with user_scope(member.user.pk):
        User.objects.filter(pk=member.user.pk).update(time_zone=zone)
    return Member(pk=member.pk, guild=member.guild, user=User(pk=member.user.pk, time_zone=zone))


def until(at: datetime) -> dict[str, float]:
    return {"seconds": (at - timezone.now()).total_seconds() + 2}
