"""The inbox: what came for this member and wants her. Everybody acts on her own, also a viewer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.guild.views import MemberRequest, guild_view
from config.web import words
from config.web.paths import next_path
from config.web.toasts import toast
from reminders import inbox, snoozing
from reminders.digest_actions import is_offered
from reminders.models import Notification
from reminders.reasons import Names

PER_PAGE = 50


@require_GET
@guild_view
def index(request: MemberRequest) -> HttpResponse:
    """What waits, or with ?show=all everything that came; htmx takes the list alone."""
    template = "reminders/inbox.html#list" if request.htmx else "reminders/inbox.html"
    return render(request, template, _listing(request))


@require_GET
@guild_view
def count(request: MemberRequest) -> HttpResponse:
    """The number on the rail."""
    waiting = Notification.objects.waiting().count()
    return render(request, "_inbox_count.html", {"inbox_count": waiting})


@require_POST
@guild_view
def done(request: MemberRequest, pk: UUID) -> HttpResponse:
    row = _get(pk)
    if inbox.done(row, by=request.member, at=timezone.now()):
        said = _("“%(title)s” is done.") % {"title": row.title}
        toast(request, said, undo=_url(request, "reminders:reopen", row))
    return _answer(request)


@require_POST
@guild_view
def reopen(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take back what was done to it last: Done, Later or Not me."""
    inbox.reopen(_get(pk), by=request.member, at=timezone.now())
    return _answer(request)


@require_POST
@guild_view
def not_me(request: MemberRequest, pk: UUID) -> HttpResponse:
    row = _get(pk)
    if inbox.not_me(row, by=request.member, at=timezone.now()):
        said = _("“%(title)s” is not for you.") % {"title": row.title}
        toast(request, said, undo=_url(request, "reminders:reopen", row))
    return _answer(request)


@require_POST
@guild_view
def snooze(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Later: `for` is one of the choices or a number of minutes, `until` what her clock shows."""
    row, now, zone = _get(pk), timezone.now(), timezone.get_current_timezone_name()
    if (key := request.POST.get("for", "")) or "until" not in request.POST:
        until = snoozing.chosen(key, now, zone)
    else:
        until = snoozing.typed(request.POST["until"], zone)
    inbox.snooze(row, by=request.member, at=now, until=until)
    said = _("You hear of it again %(when)s.") % {"when": words.moment(until, now=now)}
    toast(request, said, undo=_url(request, "reminders:reopen", row))
    return _answer(request)


@require_POST
@guild_view
def read(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Seen; goes on to what it is about."""
    row = _get(pk)
    inbox.read(row, by=request.member, at=timezone.now())
    return redirect(
        next_path(request, row.url or reverse("reminders:inbox", args=[request.guild.slug]))
    )


def _get(pk: UUID) -> Notification:
    found: Notification = get_object_or_404(Notification.objects.arrived(), pk=pk)
    return found


def _listing(request: MemberRequest) -> dict[str, Any]:
    show_all = request.GET.get("show") == "all"
    rows = Notification.objects.arrived() if show_all else Notification.objects.waiting()
    # Of a private one of somebody else there is nothing to see, and she may say "not me".
    rows = rows.select_related("reminder")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    waiting = Notification.objects.waiting().count() if show_all else page.paginator.count
    names = Names()
    for row in page:
        row.names = names
    # What is asked for again when something comes, and answered by what is done to a row.
    here: dict[str, Any] = {"show": "all"} if show_all else {}
    if page.number > 1:
        here["page"] = page.number
    return {
        "page": page,
        "show_all": show_all,
        "inbox_count": waiting,
        "offers_digest": not show_all and is_offered(request.member),
        "here": f"?{urlencode(here)}" if here else "",
        "choices": snoozing.choices(timezone.now(), timezone.get_current_timezone_name()),
    }


def _answer(request: MemberRequest) -> HttpResponse:
    """The list for htmx, else the page it came from."""
    if request.htmx:
        return render(request, "reminders/inbox.html#list", _listing(request))
    return redirect(next_path(request, reverse("reminders:inbox", args=[request.guild.slug])))


def _url(request: MemberRequest, name: str, row: Notification) -> str:
    return reverse(name, kwargs={"slug": request.guild.slug, "pk": row.pk})
