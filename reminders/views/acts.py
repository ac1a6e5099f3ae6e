"""What links in messages lead to: one act on one notification, or a way out switched off.

GET only shows a page with a button, since mail programs and scanners look at every link. Nobody
is signed in by this, and no more is shown than a title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.guild.scope import guild_scope
from accounts.history import acting_from
from accounts.models import Guild, Member, Source
from config.web import words
from config.web.api.problems import Problem
from config.web.api.throttles import client_network, spend
from config.web.chosen import language_or, zone_or
from config.web.errors import Refused
from reminders import acts, family, inbox, snoozing, unsubscribing
from reminders.acts import Act, Ticket
from reminders.models import Destination, Notification

PER_MINUTE = 30
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


def by_link(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that asks for no sign-in: the signed link is what entitles, also a service worker
    that knows no token of a form; hence no check for one.
    """

    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def inner(request: HttpRequest, token: str) -> HttpResponse:
        try:
            spend(f"link:{client_network(request)}", PER_MINUTE)
            response = view(request, token)
        except signing.SignatureExpired:
            response = render(request, "reminders/act_over.html", status=HTTPStatus.GONE)
        except signing.BadSignature:
            raise Http404 from None
        except Problem as problem:
            response = render(
                request, "reminders/act_over.html", {"slow": True}, status=problem.status_code
            )
            for name, value in problem.headers.items():
                response.headers[name] = value
        for name, value in HEADERS.items():
            response.headers[name] = value
        # Django would write the address down, and this address is a key.
        response._has_been_logged = True  # type: ignore[attr-defined]  # what its handlers ask
        return response

    return inner


@by_link
def act(request: HttpRequest, token: str) -> HttpResponse:
    """Done, later or not me; and the way back from it."""
    ticket = acts.read(token)
    with _inside(ticket.guild, ticket.member) as (home, member):
        assert member is not None
        row: Notification = get_object_or_404(Notification, pk=ticket.notification)
        if request.method == "POST":
            # Of two presses the second one finds what the first one did.
            family.hold(row)
            row.refresh_from_db()
        answer = _post(request, row, ticket, member) if request.method == "POST" else None
        state, status, said = answer or (_state(row, ticket), HTTPStatus.OK, "")
        shown = _shown(row, ticket, state) | {"home": home}
        said = shown["said"] = said or shown["said"]
        if request.accepts("text/html"):
            return render(request, "reminders/act.html", shown, status=status)
        return JsonResponse({"state": state, "said": said}, status=status)


@by_link
def off(request: HttpRequest, token: str) -> HttpResponse:
    """Switches one way out off; a mail program may do that by itself (RFC 8058)."""
    ticket = acts.read_off(token)
    with _inside(ticket.guild, ticket.member) as (home, member):
        row: Destination = get_object_or_404(
            Destination.objects.filter(deleted_at=None, member=member), pk=ticket.destination
        )
        if request.method == "POST" and "on" in request.POST:
            unsubscribing.subscribe_again(row, by=member)
        elif request.method == "POST":
            unsubscribing.unsubscribe(row, by=member, at=timezone.now())
        return render(request, "reminders/off.html", {"row": row, "home": home})


@contextmanager
def _inside(guild: UUID, member: UUID | None) -> Iterator[tuple[Guild, Member | None]]:
    """In the household, as this member, in her words; Http404 when one of the two is gone."""
    with guild_scope(guild):
        home = get_object_or_404(Guild, pk=guild, deleted_at=None, is_active=True)
        people = Member.objects.present().select_related("user", "guild")
        able = people.exclude(user__is_active=False)
        who = get_object_or_404(able, pk=member) if member else None
    user = who.user if who else None
    language = language_or(user.locale if user else "", home.locale)
    zone = zone_or(user.time_zone if user else "", home.time_zone)
    with (
        translation.override(language),
        timezone.override(zone),
        acting_from(Source.WEB),
        guild_scope(guild, who),
    ):
        yield home, who


def _state(row: Notification, ticket: Ticket) -> str:
    """open: it can be done by this link; else why it cannot."""
    if ticket.serial != row.link_serial:
        return "used"
    if ticket.act == Act.BACK:
        return "open"
    if row.done_at:
        return "done"
    return "closed" if row.closed_at else "open"


def _post(
    request: HttpRequest, row: Notification, ticket: Ticket, member: Member
) -> tuple[str, int, str]:
    """The button was pressed: the state then, the status, and what is to be said of a refusal."""
    state = _state(row, ticket)
    if state != "open":
        return state, HTTPStatus.CONFLICT, ""
    try:
        acted = _act(request, row, ticket.act, member)
    except Refused as refusal:
        return "open", refusal.status, refusal.message
    inbox.use_link(row)
    return ("acted", HTTPStatus.OK, "") if acted else ("used", HTTPStatus.CONFLICT, "")


def _act(request: HttpRequest, row: Notification, act: Act, member: Member) -> bool:
    now = timezone.now()
    if act == Act.LATER:
        key = request.POST.get("for", "10")
        until = snoozing.chosen(key, now, timezone.get_current_timezone_name())
        return inbox.snooze(row, by=member, at=now, until=until)
    verbs = {Act.DONE: inbox.done, Act.NOT_ME: inbox.not_me, Act.BACK: inbox.reopen}
    return verbs[act](row, by=member, at=now)


def _shown(row: Notification, ticket: Ticket, state: str) -> dict[str, Any]:
    now, zone = timezone.now(), timezone.get_current_timezone_name()
    back = ""
    if state == "acted" and ticket.act != Act.BACK:
        back = acts.link(ticket._replace(act=Act.BACK, serial=row.link_serial))
    return {
        "row": row,
        "act": ticket.act.name,
        "state": state,
        "said": _said(row, ticket, state),
        "back": back,
        "choices": snoozing.choices(now, zone),
    }


def _said(row: Notification, ticket: Ticket, state: str) -> str:
    """What the page says in its first line; '' where it asks."""
    if state == "open":
        return ""
    if state == "acted" and ticket.act == Act.BACK:
        return _("It waits in your inbox again.")
    if row.done_at:
        return _("Done.") if state == "acted" else _("This is done already.")
    if row.closed_at:
        return row.closed_in_words
    if row.snoozed_until:
        when = words.moment(row.snoozed_until, now=timezone.now())
        return _("You hear of it again %(when)s.") % {"when": when}
    return _("This link was used already.")
