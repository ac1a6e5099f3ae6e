"""What every page of a household shows of the inbox."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.guild.scope import current_scope
from reminders.models import Notification


def inbox(request: HttpRequest) -> dict[str, Any]:
    """`inbox_count`: how many rows wait; asked only when a page shows it."""
    # An error page is drawn after the scope closed.
    if not getattr(request, "guild", None) or current_scope().guild_id is None:
        return {}
    return {"inbox_count": SimpleLazyObject(Notification.objects.waiting().count)}
