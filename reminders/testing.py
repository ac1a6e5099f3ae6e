"""For tests: reminders made by a member, and an engine that believes it is later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.models import Member
from reminders import actions
from reminders.engine.database import run
from reminders.engine.loop import deliver_due
from reminders.models import Reminder


def make_reminder(by: Member, *, in_seconds: float = 60, **said: Any) -> Reminder:
    """A reminder of this member's, once and soon unless it says when."""
    if "frequency" not in said:
        said |= {"frequency": "once", "once_at": soon(in_seconds)}
    with guild_scope(by.guild_id, by):
        return actions.remind(by=by, at=timezone.now(), **({"message": "Feed the cat"} | said))


def soon(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


@contextmanager
def clock_shifted(**by: float) -> Iterator[None]:
    """The database decides what is due as if it were so much later: `hours=1`, `seconds=-3`."""
    shift = f"{timedelta(**by).total_seconds()} seconds"
    try:
        shift_clock(shift)
        yield
    finally:
        shift_clock("")


def deliver(**later: float) -> int:
    """Plan and send as if it were so much later; how many deliveries were decided."""
    with clock_shifted(**later):
        return deliver_due()


def deliveries(reminder: Reminder | UUID) -> list[dict[str, Any]]:
    """All of them, of all recipients, as the engine sees them."""
    names = ["channel", "status", "reason", "step", "attempts", "recipient", "slot", "sent_at"]
    rows = run(
        "SELECT d.channel, d.status, d.reason, d.step, d.attempts, d.recipient_id, n.slot,"
        " d.sent_at FROM reminders_delivery d"
        " JOIN reminders_notification n ON n.id = d.notification_id"
        " WHERE d.reminder_id = %s ORDER BY n.due_at, d.step, d.channel DESC, d.recipient_id",
        [getattr(reminder, "pk", reminder)],
    )
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for one in found:
        one["attempts"] = [tried["outcome"] for tried in json.loads(one["attempts"])]
    return found


def shift_clock(value: str) -> None:
    for alias in ("system", "default"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT set_config('app.clock_shift', %s, false)", [value])
