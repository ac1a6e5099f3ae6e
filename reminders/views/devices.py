"""Browsers that take push messages: letting this one in, and what it asks of the house itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import history
from accounts.guild.views import MemberRequest, guild_view
from accounts.views.history import undo_path
from config.web.api.problems import Problem
from config.web.api.throttles import client_network, spend
from config.web.errors import Refused
from config.web.tags import browser
from config.web.toasts import toast
from reminders import devices
from reminders.devices import SESSION
from reminders.models import Destination

# Which ways out this browser is; it stays longer than any session.
COOKIE, A_YEAR = "browsers", 365 * 24 * 3600
PER_MINUTE = 10
LONGEST = 10_000


@require_POST
@guild_view
def add(request: MemberRequest) -> HttpResponse:
    """Let this browser take messages; the session and the browser remember which one it is."""
    said = _object(request.POST.get("subscription", "").encode())
    name = browser(request.headers.get("User-Agent", ""))
    row = devices.add_device(said, by=request.member, name=name)
    undo = undo_path(request, history.latest(row))
    toast(request, _("Reminders come to this browser now. Send a test to see it."), undo=undo)
    answer = redirect("reminders:destinations", slug=request.guild.slug)
    _remember(request, answer, row)
    return answer


@require_POST
@guild_view
def here(request: MemberRequest) -> HttpResponse:
    """This browser says which of hers it is: one that a session now over let in."""
    row = devices.of_address(request.POST.get("hash", ""), by=request.member)
    answer = HttpResponse(status=HTTPStatus.NO_CONTENT if row else HTTPStatus.NOT_FOUND)
    if row:
        _remember(request, answer, row)
    return answer


@csrf_exempt
@never_cache
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """Its service worker says that its address is another one; the old one is what it shows."""
    try:
        spend(f"push:{client_network(request)}", PER_MINUTE)
        said = _object(request.body)
        fresh = said.get("subscription")
        found = devices.renew(str(said.get("old", "")), fresh if isinstance(fresh, dict) else {})
    except Problem as problem:
        return HttpResponse(status=problem.status_code)
    except Refused as refusal:
        return HttpResponse(status=refusal.status)
    return HttpResponse(status=HTTPStatus.NO_CONTENT if found else HTTPStatus.NOT_FOUND)


def recall(request: HttpRequest, **_: Any) -> None:
    """Whoever signed in anew still has her reminders on this screen, and lets go of it later."""
    if said := request.get_signed_cookie(COOKIE, "", salt=COOKIE):
        request.session[SESSION] = devices.kept(said.split("."))


def _remember(request: HttpRequest, answer: HttpResponse, row: Destination) -> None:
    """In the session, and in the browser for those that follow."""
    before = (request.get_signed_cookie(COOKIE, "", salt=COOKIE) or "").split(".")
    ids = devices.kept([*before, *request.session.get(SESSION, []), row.pk])
    request.session[SESSION] = ids
    answer.set_signed_cookie(
        COOKIE,
        ".".join(ids),
        salt=COOKIE,
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object; an empty one for anything else, which no browser hands out."""
    try:
        said = orjson.loads(raw) if len(raw) <= LONGEST else {}
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
