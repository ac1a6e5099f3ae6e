"""When and from where a session was last used, for the list of one's sessions."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.web.valkey import ask, valkey

EVERY_SECONDS = 60


class SessionSeen:
    """Notes a session's use once a minute; allauth's own middleware takes three queries a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.session.session_key
        if key and request.session.accessed and request.user.is_authenticated and _is_time(key):
            UserSession.objects.filter(session_key=key, user_id=request.user.pk).update(
                last_seen_at=timezone.now(),
                ip=get_adapter().get_client_ip(request),
                user_agent=request.headers.get("User-Agent", "")[:200],
            )
        return response


def _is_time(key: str) -> bool:
    def is_first() -> bool:
        return bool(valkey().set(f"seen:{key}", 1, nx=True, ex=EVERY_SECONDS))

    return ask(is_first, otherwise=False, event="seen.away")
