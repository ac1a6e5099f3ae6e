"""How a change of a reminder is undone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts import history
from accounts.guild.models import Visibility
from accounts.models import Change, Member
from reminders import actions, destinations
from reminders.models import Audience, Destination, Reminder
from reminders.whom import Stage


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
            actions.edit_reminder(reminder, by=by, at=at, **_said(change.before, reminder))


def _said(before: Any, reminder: Reminder) -> Any:
    """The earlier fields as edit_reminder takes them."""
    said = history.as_said(Reminder, before)
    audience, people = said.pop("audience", None), said.pop("recipients", None)
    if audience and audience != Audience.MEMBERS:
        said["recipients"] = audience
    elif people:
        said["recipients"] = list(Member.objects.filter(pk__in=people))
    if "escalate" in said:
        said["escalate"] = _stages(said["escalate"] or [])
    if {"nag_minutes", "nag_times"} & set(said):
        every = said.pop("nag_minutes", reminder.nag_minutes)
        times = said.pop("nag_times", reminder.nag_times)
        said["nag"] = {"every_minutes": every, "times": times} if every else None
    if "skip" in said:
        said["skip"] = [date.fromisoformat(day) for day in said["skip"]]
    if {"source_kind", "source_id"} & set(said):
        kind = said.pop("source_kind", reminder.source_kind)
        pk = said.pop("source_id", reminder.source_id)
        said["source"] = (kind, pk) if kind and pk else None
    return said


def _stages(kept: list[dict[str, Any]]) -> list[Stage]:
    members = Member.objects.in_bulk([one["to"] for one in kept if one["to"]])
    return [
        Stage(
            after_minutes=one["after_minutes"],
            to=members.get(UUID(one["to"])) if one["to"] else None,
            destination=UUID(one["destination"]) if one["destination"] else None,
        )
        for one in kept
    ]


def manages_the_households(change: Change, *, by: Member) -> bool:  # noqa: ARG001
    """Whether it is about a way of the household, which its admins manage."""
    return change.visibility == Visibility.HOUSEHOLD


def revert_destination(change: Change, *, by: Member, at: datetime) -> None:
    """Undo what was done to a way out; an address that was replaced is not kept."""
    row = Destination.objects.get(pk=change.entity_id)
    match change.verb:
        case "added" | "restored":
            destinations.delete_destination(row, by=by, at=at)
        case "deleted":
            destinations.restore_destination(row, by=by)
        case "switched off":
            destinations.switch_on(row, by=by)
        case "switched on":
            destinations.switch_off(row, by=by, at=at)
        case _:
            destinations.edit_destination(row, by=by, **history.as_said(Destination, change.before))
