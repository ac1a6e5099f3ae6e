"""Switching a way out off from one of its own messages, and on again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts import history
from accounts.models import Member
from config.web.live import publish
from reminders.models import Destination

REASON = "unsubscribed"
FIELDS = ["switched_off_at"]


def unsubscribe(row: Destination, *, by: Member | None, at: datetime) -> bool:
    """Send nothing more by this way; False when it was off before. Whoever holds the link of a
    message to the household as a whole is not known.
    """
    on = {"switched_off_at": None}
    return _move(row, "switched off", by, on, switched_off_at=at, switched_off_reason=REASON)


def subscribe_again(row: Destination, *, by: Member | None) -> bool:
    """The way back from `unsubscribe`; False where it was switched off otherwise, or is on."""
    off = {"switched_off_reason": REASON}
    return _move(row, "switched on", by, off, switched_off_at=None, switched_off_reason="")


@transaction.atomic
def _move(
    row: Destination, verb: str, by: Member | None, still: Mapping[str, object], **changes: object
) -> bool:
    before = history.snapshot(row, FIELDS)
    if not Destination.objects.filter(pk=row.pk, **still).update(**changes):
        row.refresh_from_db()
        return False
    row.refresh_from_db()
    history.record(verb, row, by=by, before=before, after=history.snapshot(row, FIELDS))
    publish("destination", row.pk, guild=row.guild_id, member=row.member_id)
    return True
