"""What members can do to reminders. Pages, the API, chat and jobs all come through here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Literal, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.actions.member import require_restore, require_write
from accounts.guild.ids import uuid7
from accounts.guild.tell import tell
from accounts.models import Member
from config.web.errors import Refused, id_taken, refusing
from reminders import closing, repeats, schedule, whom
from reminders.models import Reminder
from reminders.recurrence import UNDO
from reminders.rrules import normal

FIELDS = [
    "message",
    "frequency",
    "once_at",
    "time",
    "weekdays",
    "month_day",
    "nth",
    "rrule",
    "every_minutes",
    "before_minutes",
    "time_zone",
    "starts_on",
    "until",
    "count",
    "skip",
    "audience",
    "also_away",
    "urgent",
    "nag_minutes",
    "nag_times",
    "visibility",
    "source_kind",
    "source_id",
    "paused_at",
    "deleted_at",
]


class ReminderFields(TypedDict, total=False):
    """What a member may say of a reminder; what is not named stays as it is."""

    message: str
    frequency: str
    once_at: datetime | None
    time: time | None
    weekdays: Sequence[int]
    month_day: int | None
    nth: int | None
    rrule: str
    every_minutes: float | None
    before_minutes: int | None
    time_zone: str
    starts_on: date | None
    until: date | None
    count: int | None
    skip: Sequence[date]
    recipients: whom.Recipients
    destinations: Sequence[UUID]
    also_away: bool
    urgent: bool
    nag: whom.Nag | None
    escalate: Sequence[whom.Stage]
    visibility: str
    source: tuple[str, UUID] | None


@transaction.atomic
def remind(
    *, by: Member, at: datetime, id: UUID | None = None, **said: Unpack[ReminderFields]
) -> Reminder:
    """A new reminder, for its maker when nobody is named; raises Refused for a taken id and for
    times that will not come.
    """
    reminder = Reminder(id=id or uuid7(), created_by=by)
    _apply(reminder, said)
    links = whom.say(reminder, {"recipients": [by], **said}, whom.nothing())
    schedule.settle(reminder, by=by, at=at, changed=set(FIELDS))
    schedule.reckon(reminder, after=at)
    with refusing(reminders_reminder_pkey=id_taken()):
        reminder.save(force_insert=True)
    whom.link(reminder, links, whom.nothing())
    _require_right(reminder, by=by)
    reminder.refresh_from_db()
    history.record("added", reminder, by=by, after=_fields(reminder) | links)
    tell(reminder)
    return reminder


def preview(*, by: Member, at: datetime, **said: Unpack[ReminderFields]) -> list[datetime]:
    """The next five times of a reminder that is not made; refuses what `remind` would refuse."""
    reminder = Reminder(created_by=by)
    _apply(reminder, said)
    whom.say(reminder, {"recipients": [by], **said}, whom.nothing())
    schedule.settle(reminder, by=by, at=at, changed=set(FIELDS))
    schedule.reckon(reminder, after=at)
    return schedule.next_times(reminder, after=at)


@transaction.atomic
def edit_reminder(
    reminder: Reminder, *, by: Member, at: datetime, **said: Unpack[ReminderFields]
) -> Reminder:
    """The reminder with the named fields changed; what is planned by the old ones is withdrawn."""
    reminder = _writable(reminder.pk, by)
    named = whom.named(reminder)
    before = _fields(reminder) | named
    _apply(reminder, said)
    links = whom.say(reminder, said, named)
    changed = set(history.differences(before, _fields(reminder))[1])
    schedule.settle(reminder, by=by, at=at, changed=changed)
    whom.link(reminder, links, named)
    _require_right(reminder, by=by)
    old, new = history.differences(before, _fields(reminder) | links)
    if not new:
        return reminder
    schedule.replan(reminder, set(new), at=at)
    # Also a change of recipients alone is one of the reminder.
    reminder.updated_at = at
    reminder.save(update_fields=_columns(new))
    reminder.refresh_from_db()
    history.record_edit(reminder, by=by, before=old, after=new)
    tell(reminder, was=old.get("visibility", ""))
    return reminder


@transaction.atomic
def pause(reminder: Reminder, *, by: Member, at: datetime) -> bool:
    """Let the reminder be silent until it is resumed; False if it already was."""
    reminder = _writable(reminder.pk, by)
    if reminder.paused_at is not None or reminder.deleted_at is not None:
        return False
    reminder.paused_at, reminder.look_at, reminder.next_slot = at, None, ""
    closing.close_planned(reminder, "paused")
    return _write(reminder, "paused", by, "paused_at")


@transaction.atomic
def resume(reminder: Reminder, *, by: Member, at: datetime) -> bool:
    """Let a paused reminder go on with what is still ahead, and ask on about what waits; False if
    it was not paused.
    """
    reminder = _writable(reminder.pk, by)
    if reminder.paused_at is None or reminder.deleted_at is not None:
        return False
    closing.ask_on(reminder, since=reminder.paused_at)
    reminder.paused_at = None
    schedule.reckon(reminder, after=at)
    return _write(reminder, "resumed", by, "paused_at")


@transaction.atomic
def delete_reminder(reminder: Reminder, *, by: Member, at: datetime) -> bool:
    """Put the reminder into the trash and take its open inbox rows back; False if it was there."""
    reminder = _writable(reminder.pk, by)
    if reminder.deleted_at is not None:
        return False
    reminder.deleted_at, reminder.deleted_by = at, by
    reminder.look_at, reminder.next_slot = None, ""
    closing.close_planned(reminder, closing.DELETED, come_too=True)
    return _write(reminder, "deleted", by, "deleted_at", "deleted_by")


@transaction.atomic
def restore_reminder(reminder: Reminder, *, by: Member, at: datetime) -> bool:
    """Take the reminder out of the trash; others' is for admins. False if not there."""
    reminder = _writable(reminder.pk, by)
    if reminder.deleted_at is None:
        return False
    require_restore(reminder, by=by)
    recent = at - reminder.deleted_at < UNDO
    after = reminder.deleted_at if recent else at
    reminder.deleted_at, reminder.deleted_by = None, None
    if reminder.paused_at is None:
        schedule.reckon(reminder, after=after)
    closing.reopen(reminder)
    return _write(reminder, "restored", by, "deleted_at", "deleted_by")


def close_source(kind: str, id: UUID, reason: str) -> None:
    """The row is done or gone: nobody is told of it any more. `reason` is "done" or "deleted"."""
    closing.close_source(kind, id, reason)


def move_source(kind: str, id: UUID) -> None:
    """The row has another time, or is open again: its reminders follow."""
    closing.move_source(kind, id)


def locked(pk: UUID) -> Reminder:
    """The reminder as it is now, held until the transaction ends: the engine passes it by."""
    reminder: Reminder = Reminder.objects.select_for_update(of=["self"]).get(pk=pk)
    return reminder


def _writable(pk: UUID, by: Member) -> Reminder:
    reminder = locked(pk)
    require_write(reminder, by=by)
    return reminder


def _require_right(reminder: Reminder, *, by: Member) -> None:
    """Raise Refused for what `by` may not make of a reminder."""
    if reminder.is_private and reminder.created_by_id != by.pk:
        raise Refused(
            _("Only its maker can keep a reminder to herself."), "not_maker", field="visibility"
        )
    require_write(reminder, by=by)


def _apply(reminder: Reminder, said: ReminderFields) -> None:
    for name in (
        "message", "frequency", "once_at", "time", "month_day", "nth", "before_minutes",
        "time_zone", "starts_on", "until", "count", "visibility", "also_away", "urgent",
    ):  # fmt: skip
        if name in said:
            setattr(reminder, name, said[name])
    if "weekdays" in said:
        reminder.weekdays = sorted(set(said["weekdays"]))
    if "rrule" in said:
        reminder.rrule = normal(said["rrule"] or "")
    if "skip" in said:
        reminder.skip = sorted(set(said["skip"] or []))
    if "every_minutes" in said:
        every = said["every_minutes"]
        # Whole seconds.
        reminder.every_minutes = None if every is None else round(every * 60) / 60
    repeats.take_back(reminder, set(said))
    if "recipients" in said:
        reminder.audience = whom.audience_of(said["recipients"])
    if "nag" in said:
        nag = said["nag"]
        reminder.nag_minutes = nag["every_minutes"] if nag else None
        reminder.nag_times = nag["times"] if nag else None
    if "source" in said:
        reminder.source_kind, reminder.source_id = said["source"] or ("", None)


def _fields(reminder: Reminder) -> dict[str, Any]:
    """Its own, as JSON."""
    return history.snapshot(reminder, FIELDS) | {"skip": [str(day) for day in reminder.skip]}


def _columns(new: dict[str, Any]) -> list[str]:
    return [*(set(new) - set(whom.nothing())), "last_on", "look_at", "next_slot", "updated_at"]


def _write(reminder: Reminder, verb: str, by: Member, *columns: str) -> Literal[True]:
    named = ["paused_at", "deleted_at"]
    before = history.snapshot(Reminder.objects.get(pk=reminder.pk), named)
    reminder.save(update_fields=[*columns, "look_at", "next_slot"])
    reminder.refresh_from_db()
    old, new = history.differences(before, history.snapshot(reminder, named))
    history.record(verb, reminder, by=by, before=old, after=new)
    tell(reminder)
    return True
