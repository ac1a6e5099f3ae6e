"""The pages of reminders: the list, one of them beside it, and the form."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guild.views import (
    MemberRequest,
    guild_view,
    refuse_stale,
    require_writer,
    trash_page,
    version,
)
from config.web.errors import Refused
from config.web.paths import next_path
from config.web.toasts import toast
from reminders import actions, rounds, wording
from reminders.forms import ReminderForm
from reminders.models import Reminder
from reminders.schedule import next_times
from reminders.sources import entitle
from reminders.stories import stories

PER_PAGE = 50


@require_GET
@guild_view
def index(request: MemberRequest) -> HttpResponse:
    """The list, soonest first; htmx takes the list alone."""
    template = "reminders/index.html#list" if request.htmx else "reminders/index.html"
    return render(request, template, _listing(request))


@require_GET
@guild_view
def detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One reminder beside the list, with its next five times and what became of the last ones."""
    reminder = _get(pk)
    if request.htmx:
        return render(request, "reminders/index.html#pane", _pane(request, reminder))
    return render(request, "reminders/index.html", _listing(request) | _pane(request, reminder))


@require_http_methods(["GET", "POST"])
@guild_view
def add(request: MemberRequest) -> HttpResponse:
    """The form for a new reminder; "show the next five times" answers it again with those."""
    form = ReminderForm(request.POST or None, member=request.member, source=_source(request))
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            if "preview" in request.POST:
                context["five"] = _preview(request, form)
            else:
                said = form.said()
                reminder = actions.remind(by=request.member, at=timezone.now(), **said)
                toast(request, _("Next: %(when)s.") % {"when": reminder.next_in_words})
                return redirect(next_path(request, _url(request, "reminders:detail", reminder)))
        except Refused as refusal:
            form.refuse(refusal)
    return _form(request, "reminders/new.html", context)


@require_http_methods(["GET", "POST"])
@guild_view
def edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    reminder = _get(pk, lock=request.method == "POST")
    require_writer(request, reminder)
    form = ReminderForm(request.POST or None, member=request.member, reminder=reminder)
    context: dict[str, Any] = {"form": form, "reminder": reminder, "version": version(reminder)}
    if request.method == "POST" and form.is_valid():
        try:
            if "preview" in request.POST:
                context["five"] = _preview(request, form)
            else:
                refuse_stale(request, reminder)
                actions.edit_reminder(reminder, by=request.member, at=timezone.now(), **form.said())
                toast(request, _("Saved."))
                return redirect("reminders:detail", slug=request.guild.slug, pk=pk)
        except Refused as refusal:
            form.refuse(refusal)
    return _form(request, "reminders/edit.html", context)


@require_POST
@guild_view
def pause(request: MemberRequest, pk: UUID) -> HttpResponse:
    reminder = _get(pk)
    if actions.pause(reminder, by=request.member, at=timezone.now()):
        said = _("“%(title)s” is silent until you resume it.") % {"title": reminder.title}
        toast(request, said, undo=_url(request, "reminders:resume", reminder))
    return redirect(next_path(request, _url(request, "reminders:detail", reminder)))


@require_POST
@guild_view
def resume(request: MemberRequest, pk: UUID) -> HttpResponse:
    reminder = _get(pk)
    if actions.resume(reminder, by=request.member, at=timezone.now()):
        reminder.refresh_from_db()
        toast(request, _("Next: %(when)s.") % {"when": reminder.next_in_words})
    return redirect(next_path(request, _url(request, "reminders:detail", reminder)))


@require_POST
@guild_view
def delete(request: MemberRequest, pk: UUID) -> HttpResponse:
    reminder = _get(pk)
    if actions.delete_reminder(reminder, by=request.member, at=timezone.now()):
        gone = _("“%(title)s” is in the trash.") % {"title": reminder.title}
        toast(request, gone, undo=_url(request, "reminders:restore", reminder))
    return redirect("reminders:index", slug=request.guild.slug)


@require_POST
@guild_view
def restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    reminder = get_object_or_404(Reminder.objects, pk=pk)
    if actions.restore_reminder(reminder, by=request.member, at=timezone.now()):
        toast(request, _("“%(title)s” is back.") % {"title": reminder.title})
    return redirect(next_path(request, _url(request, "reminders:detail", reminder)))


@require_GET
@guild_view
def trash(request: MemberRequest) -> HttpResponse:
    return trash_page(request, Reminder, "reminders/trash.html")


def _get(pk: UUID, *, lock: bool = False) -> Reminder:
    rows = Reminder.objects.live().with_people().with_rounds().select_related("created_by")
    found: Reminder = get_object_or_404(
        rows.select_for_update(of=["self"]) if lock else rows, pk=pk
    )
    entitle([found])
    return found


def _listing(request: MemberRequest) -> dict[str, Any]:
    rows = Reminder.objects.live().with_people().by_next()
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    entitle(page)
    first = next((row for row in page if row.next_due_at), None)
    return {"page": page, "first": first if page.number == 1 else None}


def _pane(request: MemberRequest, reminder: Reminder) -> dict[str, Any]:
    now = timezone.now()
    return {
        "reminder": reminder,
        "five": [] if reminder.paused_at else next_times(reminder, after=now),
        "sentences": rounds.sentences(reminder),
        "clock_words": wording.clock_words(reminder, now=now),
        "stories": stories(reminder, of=request.member),
    }


def _form(request: MemberRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    if request.htmx and "preview" in request.POST:
        return render(request, "reminders/_fields.html#five", context)
    refused = context["form"].is_bound and "five" not in context
    return render(request, template, context, status=422 if refused else 200)


def _preview(request: MemberRequest, form: ReminderForm) -> list[datetime]:
    return actions.preview(by=request.member, at=timezone.now(), **form.said())


def _source(request: MemberRequest) -> dict[str, str]:
    given = request.POST if request.method == "POST" else request.GET
    return {name: given.get(name, "") for name in ("source_kind", "source_id")}


def _url(request: MemberRequest, name: str, reminder: Reminder) -> str:
    return reverse(name, kwargs={"slug": request.guild.slug, "pk": reminder.pk})
