"""When somebody was here last: each of her sessions, for herself; the member, for the household."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Member
from config.web.valkey import ask, valkey

EVERY_SECONDS = 60
SEEN = """
WITH session AS (
    UPDATE usersessions_usersession SET last_seen_at = now(),
        ip = coalesce(%(ip)s, ip), user_agent = %(agent)s
    WHERE session_key = %(session)s AND user_id = %(user)s
) SELECT guildhall_seen(%(member)s)
"""


class SessionSeen:
    """Notes once a minute who was here; allauth's own middleware takes three queries a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        member: Member | None = getattr(request, "member", None)
        key = request.session.session_key
        if key and request.session.accessed and request.user.is_authenticated:
            if _is_time(key):
                _note(request, key, request.user.pk, member)
        elif member and member.user_id and _is_long_ago(member.last_seen_at):
            # By a session's token: the API asks Valkey no more than it must.
            _note(request, request.by_session, member.user_id, member)  # type: ignore[attr-defined]
        return response


def _note(request: HttpRequest, session: str, user: UUID, member: Member | None) -> None:
    """Write both down; one query, and no scope, since only the database's own function does it."""
    with connection.cursor() as cursor:
        cursor.execute(
            SEEN,
            {
                "ip": get_adapter().get_client_ip(request) or None,
                "agent": request.headers.get("User-Agent", "")[:200],
                "session": session,
                "user": user,
                "member": member.pk if member else None,
            },
        )


def _is_long_ago(at: datetime | None) -> bool:
    return at is None or at < timezone.now() - timedelta(seconds=EVERY_SECONDS)


def _is_time(key: str) -> bool:
    def is_first() -> bool:
        return bool(valkey().set(f"seen:{key}", 1, nx=True, ex=EVERY_SECONDS))

    return ask(is_first, otherwise=False, event="seen.away")
