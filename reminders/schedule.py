"""What a reminder's times mean: checked when a member says them, reckoned when they change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Member
from config.web.chosen import zone_or
from config.web.errors import Refused
from reminders import closing, repeats
from reminders.models import Frequency, Reminder
from reminders.recurrence import before, counted_from, next_instants, next_occurrence, slot_date
from reminders.rules import LAST, Occurrence
from reminders.sources import source_of

WHEN = {
    "frequency", "once_at", "time", "weekdays", "month_day", "nth", "rrule", "every_minutes",
    "before_minutes", "time_zone", "starts_on", "until", "count", "skip", "source_kind",
    "source_id",
}  # fmt: skip
WHOM = {"recipients", "audience", "also_away", "destinations"}
NEEDS = {
    Frequency.ONCE: {"once_at"},
    Frequency.DAILY: {"time", "starts_on"},
    Frequency.WEEKLY: {"time", "starts_on", "weekdays"},
    Frequency.MONTHLY: {"time", "starts_on", "month_day"},
    Frequency.YEARLY: {"time", "starts_on"},
    Frequency.RRULE: {"time", "starts_on", "rrule"},
    Frequency.INTERVAL: {"once_at", "every_minutes"},
    Frequency.BEFORE: {"before_minutes"},
}
NTH_WEEKDAY = {"time", "starts_on", "nth", "weekdays"}
END: dict[str, Any] = {"until": None, "count": None, "skip": []}
EMPTY: dict[str, Any] = {
    "once_at": None,
    "time": None,
    "weekdays": [],
    "month_day": None,
    "nth": None,
    "rrule": "",
    "every_minutes": None,
    "before_minutes": None,
    "starts_on": None,
}


def settle(reminder: Reminder, *, by: Member, at: datetime, changed: set[str]) -> None:
    """Fill in what goes without saying; raise Refused for what is missing or cannot be."""
    reminder.time_zone = reminder.time_zone or by.home_zone
    needed = _needed(reminder)
    repeats.begin(reminder, needed, at)
    for name, empty in EMPTY.items():
        if name not in needed:
            setattr(reminder, name, empty)
        elif getattr(reminder, name) in (None, [], ""):
            raise Refused(_MISSING[name](), "required", field=_said(name))
    if not reminder.message.strip() and reminder.source_id is None:
        raise Refused(_("Say what it is about."), "required", field="message")
    if reminder.frequency == Frequency.ONCE and changed & {"once_at", "frequency"}:
        _require_ahead(reminder, at)
    if reminder.frequency in (Frequency.ONCE, Frequency.BEFORE):
        for name, empty in (END | {"last_on": None}).items():
            setattr(reminder, name, empty)
    elif changed & WHEN:
        repeats.settle(reminder, at)
    # An edit of the words alone asks nothing: the row may be done by now.
    if changed & {"source_id", "source_kind", "frequency", "before_minutes"}:
        _require_source(reminder, at)


def _needed(reminder: Reminder) -> set[str]:
    if reminder.frequency == Frequency.MONTHLY and reminder.nth is not None:
        return NTH_WEEKDAY
    return NEEDS[Frequency(reminder.frequency)]


def reckon(reminder: Reminder, *, after: datetime, since: date | None = None) -> None:
    """Set when the engine looks at it next: the first occurrence after `after`, or never."""
    found = None if reminder.paused_at or reminder.deleted_at else upcoming(reminder, after, since)
    reminder.look_at = found.due_at if found else None
    reminder.next_slot = found.slot if found else ""
    if found and reminder.frequency == Frequency.BEFORE:
        came, _slot, _due_at = closing.slots(reminder)
        if came == found.slot:
            # When that time has come the source is asked for another one.
            reminder.look_at, reminder.next_slot = counted_from(found.slot), ""


def upcoming(reminder: Reminder, after: datetime, since: date | None = None) -> Occurrence | None:
    """Its first occurrence after `after`; asks the source for what comes before something."""
    if reminder.frequency != Frequency.BEFORE:
        return next_occurrence(reminder.rule, after=after, since=since)
    assert reminder.source_id is not None
    assert reminder.before_minutes is not None
    source = source_of(reminder.source_kind)
    ids = [reminder.source_id]
    next_time = source.next_time(ids, after).get(reminder.source_id) if source else None
    return before(next_time, reminder.before_minutes, now=after) if next_time else None


def next_times(reminder: Reminder, *, after: datetime, count: int = 5) -> list[datetime]:
    """When it fires the next times, in its own zone; before something that is one at most."""
    if reminder.frequency == Frequency.BEFORE:
        times = [reminder.look_at] if reminder.look_at and reminder.next_slot else []
    else:
        times = next_instants(reminder.rule, after=after, count=count)
    zone = zone_or(reminder.time_zone)
    return [at.astimezone(zone) for at in times]


def replan(reminder: Reminder, new: set[str], *, at: datetime) -> None:
    """Withdraw what was planned by the old fields and reckon by the new ones.

    Another text changes nothing: it is read when the message goes out. Other recipients get what
    is still to come, also what is late, as do all if it is late by the new fields too. Another
    zone never repeats a date that was said already.
    """
    if not new & (WHEN | WHOM):
        return
    last_slot, planned_slot, planned_due_at = closing.slots(reminder)
    just_before = _just_before_late(reminder, at)
    closing.close_planned(reminder, "edited", late_too=bool(new & WHEN) and just_before is None)
    if new & WHEN:
        at = just_before or at
        same_clock = new & WHEN == {"time_zone"} and last_slot
        reckon(reminder, after=at, since=slot_date(last_slot) if same_clock and last_slot else None)
    elif planned_slot and not (reminder.paused_at or reminder.deleted_at):
        reminder.look_at, reminder.next_slot = planned_due_at, planned_slot


def _just_before_late(reminder: Reminder, at: datetime) -> datetime | None:
    """From when on to reckon, so that what is late and not planned comes; None where nothing is,
    or where its fields name it no more.
    """
    if reminder.look_at is None or reminder.look_at >= at or not reminder.next_slot:
        return None
    just_before = reminder.look_at - timedelta.resolution
    found = None if reminder.frequency == Frequency.BEFORE else upcoming(reminder, just_before)
    return just_before if found and found.slot == reminder.next_slot else None


def _require_ahead(reminder: Reminder, at: datetime) -> None:
    assert reminder.once_at is not None
    reminder.once_at = reminder.once_at.astimezone(UTC)
    if reminder.once_at <= at:
        raise Refused(_("This time is over already."), "past", field="at")
    if reminder.once_at >= LAST:
        raise Refused(_("This is further ahead than calendars go."), "too_far", field="at")


def _require_source(reminder: Reminder, at: datetime) -> None:
    """Raise Refused unless the maker can see the row, and it still comes when that is needed."""
    if reminder.source_id is None:
        if reminder.frequency == Frequency.BEFORE:
            raise Refused(_("Say before what."), "required", field="source")
        return
    source = source_of(reminder.source_kind)
    if source is None or reminder.source_id not in source.wanted([reminder.source_id]):
        raise Refused(_("This is not there, or it is done."), "unknown_source", field="source")
    if reminder.frequency == Frequency.BEFORE and upcoming(reminder, at) is None:
        raise Refused(_("It has no time ahead to remind of."), "no_time", field="source")


_MISSING = {
    "once_at": lambda: _("Say when."),
    "time": lambda: _("Say at what time."),
    "weekdays": lambda: _("Choose at least one day."),
    "before_minutes": lambda: _("Say how many minutes before."),
    "starts_on": lambda: _("Say from which day on."),
    "month_day": lambda: _("Say on which day of the month."),
    "rrule": lambda: _("Write an RRULE such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TU."),
    "every_minutes": lambda: _("Say how many minutes lie between."),
}


def _said(column: str) -> str:
    """What forms and the API call it."""
    return "at" if column == "once_at" else column
