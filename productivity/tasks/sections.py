"""What tasks have to say in a morning summary: those that are hers, and those that are nobody's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from config.web import words
from productivity.tasks.models import Task, TaskAssignee
from reminders.digests import MOST_LINES, Line


class Overdue:
    label = _("Overdue")
    place = 10

    def lines(self, member: Member, *, at: datetime) -> Sequence[Line]:
        return _lines(_concerning(member, Task.objects.overdue(at=at)), member, at)


class DueToday:
    label = _("Due today")
    place = 20

    def lines(self, member: Member, *, at: datetime) -> Sequence[Line]:
        today = timezone.localdate(at)
        end = datetime.combine(today + timedelta(days=1), time.min, timezone.get_current_timezone())
        # A task without a time ends its day at that midnight, in its own zone.
        due = Q(due_at__lt=end) | Q(due_on=today, due_time=None)
        return _lines(
            _concerning(member, Task.objects.open().filter(due, due_at__gt=at)), member, at
        )


def _concerning(member: Member, rows: QuerySet[Task]) -> QuerySet[Task]:
    links = TaskAssignee.objects.filter(task=OuterRef("pk"))
    hers = Q(Exists(links.filter(member=member))) | ~Q(Exists(links))
    return rows.filter(hers).order_by("due_at", "id")[: MOST_LINES + 1]


def _lines(rows: Iterable[Task], member: Member, at: datetime) -> list[Line]:
    return [
        Line(
            task.title,
            reverse("tasks:detail", args=[member.guild.slug, task.pk]),
            words.due(task.due_at, timed=task.due_time is not None, now=at) if task.due_at else "",
        )
        for task in rows
    ]
