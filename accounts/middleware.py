"""The person's own language and time zone for the length of a request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_from_request

from accounts import access
from accounts.guild.views import last_home, prefer
from accounts.models import Member, User
from config.web.api import handlers
from config.web.chosen import language_or, zone_or


class Preferences:
    """Activates what the signed-in person chose; else what the browser asks for, and UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(get_language_from_request(request)), timezone.override(None):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> None:
        # Asked only where a view runs: static files and health checks load no session.
        if request.session.session_key and request.user.is_authenticated:
            user = request.user
            # For the frame around pages that are not ours; guild pages look it up themselves.
            mine: list[Member] = SimpleLazyObject(  # type: ignore[assignment]  # stands for it
                lambda: access.memberships(user)
            )
            request.memberships = mine  # type: ignore[attr-defined]
            _prefer(user)
            if view.__module__.startswith("allauth.") and (home := last_home(request, mine)):
                prefer(home)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The 404 in the person's own language, also where no view ran and so nobody asked for it."""
    if request.session.session_key and request.user.is_authenticated:
        _prefer(request.user)
    return handlers.page_not_found(request, exception)


def _prefer(user: User) -> None:
    if user.locale:
        translation.activate(language_or(user.locale, translation.get_language() or ""))
    if user.time_zone:
        timezone.activate(zone_or(user.time_zone))
