"""Taking back what is planned or waits, for every recipient, through the functions of migration
`0002_functions`: row security hides other members' rows from whoever edits a reminder.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.guild.scope import current_guild_id
from config.web.live import publish
from reminders.models import Reminder
from reminders.rules import instant_slot
from reminders.sources import source_of

DELETED = "deleted"


def close_planned(
    reminder: Reminder, reason: str, *, come_too: bool = False, late_too: bool = True
) -> None:
    """Withdraw what is planned and came to nobody yet; with `come_too` also what came and waits,
    with `late_too` also what fell due while no engine looked: a row says why it does not come.
    """
    if late_too:
        with connection.cursor() as cursor:
            cursor.execute("SELECT reminders_pass_over(%s, %s)", [reminder.pk, reason])
    call("reminders_close_planned(%s, %s, %s)", reminder.pk, reason, come_too)


def reopen(reminder: Reminder) -> None:
    """Let wait again what came and was closed when the reminder was deleted, or with its row
    before that; nothing as long as the row is done.
    """
    reasons = [DELETED]
    if reminder.source_id:
        source = source_of(reminder.source_kind)
        if source is None or reminder.source_id not in source.wanted([reminder.source_id]):
            return
        reasons += ["source:done", "source:deleted"]
    for reason in reasons:
        call("reminders_reopen(%s, %s)", reminder.pk, reason)


def ask_on(reminder: Reminder, *, since: datetime) -> None:
    """Ask again about what waits, where a pause since then has ended that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reminders_ask_on(%s, %s)", [reminder.pk, since])


def close_source(kind: str, id: UUID, reason: str) -> None:
    """Close all reminders of the row, also those that the actor may not see."""
    call("reminders_close_source(%s, %s, %s)", kind, id, f"source:{reason}"[:200])


def move_source(kind: str, id: UUID) -> None:
    """Work out anew when the reminders of the row fire."""
    source = source_of(kind)
    next_time = source.next_time([id], timezone.now()).get(id) if source else None
    slot = instant_slot(next_time) if next_time else ""
    call("reminders_move_source(%s, %s, %s, %s)", kind, id, next_time, slot)


def slots(reminder: Reminder) -> tuple[str | None, str | None, Any]:
    """The slot that came last; the slot and the instant that are planned first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM reminders_slots(%s)", [reminder.pk])
        row: tuple[str | None, str | None, Any] = cursor.fetchone()
    return row


def call(function: str, *arguments: Any) -> None:
    """Run it, and tell those whose inbox changed."""
    guild = current_guild_id()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT notification, recipient FROM {function}", arguments)  # noqa: S608  # names of ours
        for notification, recipient in cursor.fetchall():
            publish("inbox", notification, guild=guild, member=recipient)
