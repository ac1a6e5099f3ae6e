"""How one is told: one's own ways out and the household's, on one page; a form for each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import history
from accounts.guild.views import MemberRequest, guild_view, is_fresh, version
from accounts.views import once
from accounts.views.history import undo_path
from config.web.api.problems import Problem
from config.web.errors import Refused, forbidden
from config.web.toasts import toast
from reminders import destinations as actions
from reminders import devices, trials
from reminders.channels.base import Message
from reminders.destination_forms import DestinationForm, NewDestinationForm
from reminders.models import Destination
from reminders.reasons import in_words
from reminders.ways import my_ways, our_ways

NEW_KEY = "signing_key"


@require_GET
@guild_view
def index(request: MemberRequest) -> HttpResponse:
    """My ways out, and the household's."""
    context = {
        "mine": my_ways(request.member, now=timezone.now()),
        "ours": our_ways(now=timezone.now()),
        "devices": devices.shown(
            request.member, request.session.get(devices.SESSION, []), now=timezone.now()
        ),
        "signing_key": once.take(request, NEW_KEY),
    }
    return render(request, "reminders/destinations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@guild_view
def add(request: MemberRequest) -> HttpResponse:
    form = NewDestinationForm(request.POST or None, member=request.member)
    if request.method == "POST" and form.is_valid():
        try:
            row = actions.add_destination(by=request.member, **form.said())
        except Refused as refusal:
            refusal.show_in(form)
        else:
            if row.signing_key:
                once.keep(request, NEW_KEY, row.signing_key)
            return _done(request, row, _("Added. Send a test to see it arrive."))
    return render(request, "reminders/new_destination.html", {"form": form}, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@guild_view
def edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    row = _get(request, pk)
    form = DestinationForm(request.POST or None, destination=row)
    if request.method == "POST" and form.is_valid():
        said, new = form.said(), None
        try:
            if address := said.pop("address", ""):
                new = actions.new_address(row, address, by=request.member)
            row = _get(request, pk, lock=True)
            if is_fresh(request, row, form):
                row = actions.edit_destination(row, by=request.member, new=new, **said)
                return _done(request, row, _("Saved."), undo=False)
        except Refused as refusal:
            refusal.show_in(form)
    context = {"destination": row, "form": form, "version": version(row)}
    return render(request, "reminders/destination.html", context, status=_status(form))


@require_POST
@guild_view
def switch(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Off, or on again: what the button said."""
    row = _get(request, pk)
    if request.POST.get("to") == "on":
        actions.switch_on(row, by=request.member)
        return _done(request, row, _("Switched on."))
    actions.switch_off(row, by=request.member, at=timezone.now())
    return _done(request, row, _("Switched off: nothing goes there until you switch it on."))


@require_POST
@guild_view
def delete(request: MemberRequest, pk: UUID) -> HttpResponse:
    row = _get(request, pk)
    actions.delete_destination(row, by=request.member, at=timezone.now())
    return _done(request, row, _("“%(name)s” is deleted.") % {"name": row})


@require_POST
@guild_view
def roll(request: MemberRequest, pk: UUID) -> HttpResponse:
    """A new key to sign with, which the page shows once."""
    key = actions.roll_key(_get(request, pk), by=request.member)
    once.keep(request, NEW_KEY, key)
    return redirect("reminders:destinations", slug=request.guild.slug)


@require_POST
def test(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Send a test, between two transactions, and say how it went."""
    ready: list[tuple[str, Message]] = []
    answer = _prepare(request, slug=slug, pk=pk, ready=ready)
    for channel, message in ready:
        outcome = trials.send(channel, message)
        answer = _tell(request, slug=slug, pk=pk, outcome=outcome)
    return answer


@guild_view
def _prepare(request: MemberRequest, pk: UUID, ready: list[tuple[str, Message]]) -> HttpResponse:
    row = _get(request, pk)
    try:
        message = trials.prepare(row, by=request.member, at=timezone.now())
    except Problem:
        said = _("That were many tests: wait a minute, then try again.")
        toast(request, said, level=messages.ERROR)
        return redirect("reminders:destinations", slug=request.guild.slug)
    ready.append((row.channel, message))
    return HttpResponse(status=204)


@guild_view
def _tell(request: MemberRequest, pk: UUID, outcome: trials.Outcome) -> HttpResponse:
    row = _get(request, pk)
    actions.note_test(row, by=request.member, at=timezone.now(), **outcome._asdict())
    if outcome.reason:
        said = _("“%(name)s”: the test did not arrive. %(why)s")
        why = in_words(outcome.reason)
        toast(request, said % {"name": row, "why": why}, level=messages.ERROR)
    else:
        toast(request, _("“%(name)s” took the test. Did you see it?") % {"name": row})
    return redirect("reminders:destinations", slug=request.guild.slug)


def _get(request: MemberRequest, pk: UUID, *, lock: bool = False) -> Destination:
    """One that this member may change; others' do not exist for her."""
    rows = Destination.objects.live()
    rows = rows.select_for_update(of=["self"]) if lock else rows
    row: Destination = get_object_or_404(rows, pk=pk)
    if not actions.may_change(row, by=request.member):
        raise forbidden(_("Your role does not allow this."))
    return row


def _done(
    request: MemberRequest, row: Destination, said: str, *, undo: bool = True
) -> HttpResponse:
    toast(request, said, undo=undo_path(request, history.latest(row)) if undo else "")
    return redirect(f"{_url(request)}#way-{row.pk}")


def _url(request: MemberRequest) -> str:
    return reverse("reminders:destinations", kwargs={"slug": request.guild.slug})


def _status(form: Any) -> int:
    return 422 if form.is_bound else 200
