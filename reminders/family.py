"""A row that waits, and those of the others who were told because it did: one acts for all.

Row security hides other members' rows, so this goes through functions of the migrations.
"""

from __future__ import annotations

from django.db import connection

from accounts.models import Member
from reminders.closing import call
from reminders.models import Notification

# Who did it follows: her id, and of old the name that she had then.
ACTED = "acted:"


def hold(notification: Notification) -> None:
    """Lock all of them, in one order: two that act at once must not wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reminders_hold(%s)", [notification.pk])


def close(notification: Notification, *, by: Member) -> None:
    """She did it: the others' are closed, and nobody else is told."""
    call("reminders_acted(%s, %s)", notification.pk, f"{ACTED}{by.pk}")


def open_again(notification: Notification) -> None:
    """She did not, after all."""
    call("reminders_not_acted(%s, %s)", notification.pk, ACTED)
