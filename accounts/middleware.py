"""The person's own language and time zone for the length of a request."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_from_request

from accounts import access


class Preferences:
    """Activates what the signed-in person chose; else what the browser asks for, and UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(get_language_from_request(request)), timezone.override(None):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response

    def process_view(self, request: HttpRequest, *_: object) -> None:
        # Asked only where a view runs: static files and health checks load no session.
        if request.session.session_key and request.user.is_authenticated:
            user = request.user
            # For the frame around pages that are not ours; guild pages look it up themselves.
            request.memberships = SimpleLazyObject(  # type: ignore[attr-defined]
                lambda: access.memberships(user)
            )
            if request.user.locale:
                translation.activate(request.user.locale)
            if request.user.time_zone:
                timezone.activate(zoneinfo.ZoneInfo(request.user.time_zone))
