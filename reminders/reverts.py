"""How a change of a reminder is undone."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from accounts.models import Change, Member
from reminders import actions
from reminders.models import Audience, Reminder

READ: dict[str, Any] = {
    "once_at": datetime.fromisoformat,
    "time": time.fromisoformat,
    "starts_on": date.fromisoformat,
}


def revert_reminder(change: Change, *, by: Member, at: datetime) -> None:
    """Undo what was done: a deleted one comes back, an edited one says what it said."""
    reminder = Reminder.objects.get(pk=change.entity_id)
    match change.verb:
        case "added" | "restored":
            actions.delete_reminder(reminder, by=by, at=at)
        case "deleted":
            actions.restore_reminder(reminder, by=by, at=at)
        case "paused":
            actions.resume(reminder, by=by, at=at)
        case "resumed":
            actions.pause(reminder, by=by, at=at)
        case _:
            actions.edit_reminder(reminder, by=by, at=at, **_said(change.before or {}))


def _said(before: dict[str, Any]) -> dict[str, Any]:
    """The earlier fields as the actions take them."""
    said = {
        name: READ[name](value) if value and name in READ else value
        for name, value in before.items()
        if name not in {"audience", "recipients", "source_kind", "source_id"}
    }
    if before.get("audience") == Audience.EVERYONE:
        said["recipients"] = actions.EVERYONE
    elif before.get("recipients"):
        said["recipients"] = list(Member.objects.filter(pk__in=before["recipients"]))
    if "source_id" in before:
        kind, pk = before.get("source_kind"), before["source_id"]
        said["source"] = (kind, UUID(pk)) if kind and pk else None
    return said
