"""Switching a way out off from one of its own messages, and on again."""

from __future__ import annotations

from datetime import datetime

from reminders.models import Destination

REASON = "unsubscribed"


def unsubscribe(row: Destination, *, at: datetime) -> bool:
    """Send nothing more by this way; False when it was off before."""
    return _set(row, off=False, switched_off_at=at, switched_off_reason=REASON)


def subscribe_again(row: Destination) -> bool:
    """The way back from `unsubscribe`; False where it was switched off otherwise, or is on."""
    return _set(row, off=True, switched_off_at=None, switched_off_reason="")


def _set(row: Destination, *, off: bool, **changes: object) -> bool:
    before = {"switched_off_reason": REASON} if off else {"switched_off_at": None}
    changed = Destination.objects.filter(pk=row.pk, **before).update(**changes)
    row.refresh_from_db()
    return bool(changed)
