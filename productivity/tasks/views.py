"""The pages of tasks. A small act answers htmx with the row, and everybody else with the page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import history
from accounts.guild.views import (
    MemberRequest,
    guild_view,
    refuse_stale,
    require_writer,
    trash_page,
    version,
)
from accounts.views.history import undo_path
from config.web.errors import Refused
from config.web.paths import next_path
from config.web.toasts import toast
from productivity.tasks import actions
from productivity.tasks.forms import TaskForm
from productivity.tasks.listing import listing
from productivity.tasks.models import Task
from reminders.forms import BEFORE
from reminders.models import Reminder
from reminders.wording import before_words


@require_GET
@guild_view
def index(request: MemberRequest) -> HttpResponse:
    """The list by day, narrowed by the address."""
    return render(request, "tasks/index.html", listing(request))


@require_GET
@guild_view
def detail(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One task beside the list; htmx takes the pane alone."""
    task = _get(pk)
    if request.htmx:
        return render(request, "tasks/index.html#pane", _pane(task))
    return render(request, "tasks/index.html", listing(request) | _pane(task))


@require_POST
@guild_view
def add(request: MemberRequest) -> HttpResponse:
    form = TaskForm(request.POST, member=request.member)
    if form.is_valid():
        try:
            task = actions.add_task(by=request.member, at=timezone.now(), **form.said())
        except Refused as refusal:
            refusal.show_in(form)
        else:
            toast(request, _("“%(title)s” is on the list.") % {"title": task.title})
            return redirect(next_path(request, _url(request, "tasks:index")))
    return render(request, "tasks/new.html", {"form": form}, status=422)


@require_http_methods(["GET"])
@guild_view
def new(request: MemberRequest) -> HttpResponse:
    """The whole form for a new task."""
    form = TaskForm(member=request.member)
    return render(request, "tasks/new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@guild_view
def edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    task = _get(pk, lock=request.method == "POST")
    require_writer(request, task)
    form = TaskForm(request.POST or None, task=task, member=request.member)
    if request.method == "POST" and form.is_valid():
        try:
            refuse_stale(request, task)
            actions.edit_task(task, by=request.member, at=timezone.now(), **form.said())
        except Refused as refusal:
            refusal.show_in(form)
        else:
            toast(request, _("Saved."))
            return redirect("tasks:detail", slug=request.guild.slug, pk=pk)
    context = {"form": form, "task": task, "version": version(task)}
    return render(request, "tasks/edit.html", context, status=422 if form.is_bound else 200)


@require_POST
@guild_view
def complete(request: MemberRequest, pk: UUID) -> HttpResponse:
    task = _get(pk)
    if actions.complete_task(task, by=request.member, at=timezone.now()):
        done = _("“%(title)s” is done.") % {"title": task.title}
        toast(request, done, undo=undo_path(request, history.latest(task)))
    return _row(request, task)


@require_POST
@guild_view
def reopen(request: MemberRequest, pk: UUID) -> HttpResponse:
    task = _get(pk)
    actions.reopen_task(task, by=request.member)
    return _row(request, task)


@require_POST
@guild_view
def delete(request: MemberRequest, pk: UUID) -> HttpResponse:
    task = _get(pk)
    if actions.delete_task(task, by=request.member, at=timezone.now()):
        gone = _("“%(title)s” is in the trash.") % {"title": task.title}
        toast(request, gone, undo=_url(request, "tasks:restore", task))
    return redirect("tasks:index", slug=request.guild.slug)


@require_POST
@guild_view
def restore(request: MemberRequest, pk: UUID) -> HttpResponse:
    task = get_object_or_404(Task.objects, pk=pk)
    if actions.restore_task(task, by=request.member):
        toast(request, _("“%(title)s” is back.") % {"title": task.title})
    return redirect(next_path(request, _url(request, "tasks:detail", task)))


@require_GET
@guild_view
def trash(request: MemberRequest) -> HttpResponse:
    return trash_page(request, Task, "tasks/trash.html")


def _get(pk: UUID, *, lock: bool = False) -> Task:
    rows = Task.objects.live().with_people().select_related("created_by")
    task: Task = get_object_or_404(rows.select_for_update(of=["self"]) if lock else rows, pk=pk)
    return task


def _pane(task: Task) -> dict[str, Any]:
    before = [(minutes, before_words(minutes)) for minutes in BEFORE]
    reminders = list(Reminder.objects.of_source("task", task.pk).by_next())
    return {
        "task": task,
        "current": task,
        "now": timezone.now(),
        "reminders": reminders,
        "before": before,
    }


def _row(request: MemberRequest, task: Task) -> HttpResponse:
    """The task's row for htmx, else the page it came from."""
    if request.htmx:
        return render(request, "tasks/_row.html", {"task": task, "now": timezone.now()})
    return redirect(next_path(request, _url(request, "tasks:index")))


def _url(request: MemberRequest, name: str, task: Task | None = None) -> str:
    return reverse(name, kwargs={"slug": request.guild.slug} | ({"pk": task.pk} if task else {}))
