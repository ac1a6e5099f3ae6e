"""What a member does to her inbox; it is hers alone, also a viewer's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Q, Value, When
from django.db.models.functions import Coalesce, Greatest, Mod
from django.utils.translation import gettext as _

from accounts import history
from accounts.models import Member
from config.web.errors import Refused, conflict
from config.web.live import publish
from reminders import family, refusals
from reminders.acts import SERIALS
from reminders.models import Cause, Channel, Delivery, Notification, Reminder, Status
from reminders.reasons import NOT_ME

LONGEST = timedelta(days=366)
# A mail that is older helps nobody.
HELPFUL = timedelta(hours=24)
FIELDS = ["done_at", "snoozed_until", "closed_at"]


@transaction.atomic
def done(notification: Notification, *, by: Member, at: datetime) -> bool:
    """Note that she did it, and send nothing more of it; False if it was done or closed before.

    Where somebody was told because somebody else did not act, one of them acts for all.
    """
    family.hold(notification)
    changes = {"done_at": at, "read_at": Coalesce("read_at", at), "snoozed_until": None}
    if not _move(notification, "done", by, {"done_at": None, "closed_at": None}, **changes):
        return False
    family.close(notification, by=by)
    return True


@transaction.atomic
def not_me(notification: Notification, *, by: Member, at: datetime) -> bool:
    """Note that it is not hers, send nothing more of it, tell whoever made the reminder, and at
    once who is to be told when nobody acts; False if it was done or closed before.
    """
    changes = {
        "stage_at": Case(When(stage_at__isnull=False, then=Value(at))),
        "closed_at": at,
        "closed_reason": NOT_ME,
        "read_at": Coalesce("read_at", at),
        "snoozed_until": None,
    }
    still = {"done_at": None, "closed_at": None}
    if not _move(notification, NOT_ME, by, still, **changes):
        return False
    refusals.tell_maker(notification, by=by)
    return True


@transaction.atomic
def snooze(notification: Notification, *, by: Member, at: datetime, until: datetime) -> bool:
    """Send it again at `until`, by the same ways; raises Refused when that is over or too far."""
    if until <= at:
        raise Refused(_("This time is over already."), "past", field="until")
    if until > at + LONGEST:
        raise Refused(_("A year is the longest snooze."), "too_far", field="until")
    still = {"done_at": None, "closed_at": None}
    changes = {
        "snoozed_until": until,
        "due_at": until,
        "read_at": Coalesce("read_at", at),
        # Nobody else is told for as long as she has put it off.
        "stage_at": F("stage_at") + (until - at),
    }
    if not _move(notification, "snoozed", by, still, **changes):
        raise conflict(_("This is done or closed already."), "not_open")
    _plan_again(notification, until)
    return True


@transaction.atomic
def reopen(notification: Notification, *, by: Member, at: datetime) -> bool:
    """Take a Done, a Later or a Not me back, and send what it kept from being sent; False if there
    was none.
    """
    family.hold(notification)
    before = history.snapshot(notification, FIELDS)
    mine = Notification.objects.filter(pk=notification.pk)
    if mine.filter(closed_at=None).exclude(done_at=None).update(done_at=None):
        verb, reason = "reopened", "done"
        family.open_again(notification)
    elif (
        mine.filter(done_at=None, closed_at=None)
        .exclude(snoozed_until=None)
        .update(snoozed_until=None, due_at=_came_due_at(notification))
    ):
        verb, reason = "woken", "snoozed"
        again = Delivery.objects.filter(notification=notification, cause=Cause.SNOOZE)
        again.filter(status=Status.PLANNED).update(status=Status.SKIPPED, reason="woken")
    elif mine.filter(closed_reason=NOT_ME).update(closed_at=None, closed_reason=""):
        verb, reason = "taken_back", NOT_ME
        refusals.untell_maker(notification)
    else:
        return False
    kept = Delivery.objects.filter(
        notification=notification,
        status=Status.SKIPPED,
        reason=reason,
        due_at__gt=at - HELPFUL,
    )
    # What lies in the inbox again needs no round of its own, nor does a Later that is over with it;
    # but to be asked again goes on.
    kept = kept.exclude(Q(channel=Channel.INBOX, due_at__lte=at) & ~Q(cause=Cause.NAG))
    kept.exclude(cause=Cause.SNOOZE, due_at__gt=at).update(
        status=Status.PLANNED, reason="", try_at=Greatest("due_at", Value(at))
    )
    return _record(notification, verb, by, before)


@transaction.atomic
def read(notification: Notification, *, by: Member, at: datetime) -> bool:
    """Note that she saw it; False if that is known."""
    seen = Notification.objects.filter(pk=notification.pk, read_at=None).update(read_at=at)
    if seen:
        publish("inbox", notification.pk, guild=notification.guild_id, member=by.pk)
    notification.refresh_from_db()
    return bool(seen)


def use_link(notification: Notification) -> None:
    """Let every link that was made for it until now be a used one."""
    serial = Mod(F("link_serial") + 1, Value(SERIALS))
    Notification.objects.filter(pk=notification.pk).update(link_serial=serial)
    notification.refresh_from_db(fields=["link_serial"])


def snooze_reminder(reminder: Reminder, *, by: Member, at: datetime, until: datetime) -> bool:
    """Snooze what the reminder last said to her; raises Refused when nothing of it waits."""
    latest = Notification.objects.waiting().filter(reminder=reminder).first()
    if latest is None:
        raise conflict(_("Nothing of this reminder waits for you."), "nothing_waits")
    return snooze(latest, by=by, at=at, until=until)


def _move(
    notification: Notification, verb: str, by: Member, still: dict[str, Any], **changes: Any
) -> bool:
    """Write the changes if the row is `still` so; the row count tells who won a race."""
    before = history.snapshot(notification, FIELDS)
    rows = Notification.objects.arrived().filter(pk=notification.pk, **still)
    if not rows.order_by().update(**changes):
        notification.refresh_from_db()
        return False
    # What of it is on the way to be tried again is over with this.
    planned = Delivery.objects.filter(notification=notification, status=Status.PLANNED)
    planned.update(status=Status.SKIPPED, reason=verb)
    return _record(notification, verb, by, before)


def _record(
    notification: Notification, verb: str, by: Member, before: dict[str, Any] | None = None
) -> bool:
    notification.refresh_from_db()
    old, new = history.differences(before or {}, history.snapshot(notification, FIELDS))
    history.record(verb, notification, by=by, before=old, after=new)
    publish("inbox", notification.pk, guild=notification.guild_id, member=by.pk)
    return True


def _came_due_at(notification: Notification) -> datetime | None:
    """When what lies in her inbox was due, before she put it off."""
    came = Delivery.objects.filter(
        notification=notification, channel=Channel.INBOX, status=Status.SENT
    )
    due_at: datetime | None = came.order_by("-step").values_list("due_at", flat=True).first()
    return due_at or notification.arrived_at


def _plan_again(notification: Notification, until: datetime) -> None:
    """One more round of every way that the first one took and that is still switched on."""
    rounds = Delivery.objects.filter(notification=notification)
    step = (rounds.aggregate(last=Max("step"))["last"] or 0) + 1
    first = rounds.filter(step=0, destination__switched_off_at=None, destination__deleted_at=None)
    Delivery.objects.bulk_create(
        Delivery(
            notification=notification,
            reminder_id=notification.reminder_id,
            recipient_id=notification.recipient_id,
            channel=channel,
            destination_id=destination,
            step=step,
            cause=Cause.SNOOZE,
            due_at=until,
            try_at=until,
        )
        for channel, destination in first.values_list("channel", "destination_id")
    )
