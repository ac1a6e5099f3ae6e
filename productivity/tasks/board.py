"""Tasks as a page shows them: under the days they are due on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from config.web import words
from productivity.tasks.models import Task


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks under one heading; `tone` is `late` for what is over."""

    title: str
    note: str
    tasks: list[Task]
    tone: str = ""


def by_day(tasks: Iterable[Task], *, at: datetime) -> Iterator[Group]:
    """Open tasks in the order of due: the late ones together, then each day, last the others."""
    for key, rows in groupby(tasks, lambda task: _key(task, at)):
        group = list(rows)
        if key == "late":
            yield Group(_("Late"), str(len(group)), group, "late")
        elif isinstance(key, date):
            yield Group(*_heading(key, timezone.localdate(at)), group)
        else:
            yield Group(_("Some time"), "", group)


def _key(task: Task, at: datetime) -> str | date | None:
    if task.due_at is None:
        return None
    if task.is_overdue(at=at):
        return "late"
    # In the reader's zone, where "today" is; a day without a time is that day everywhere.
    return timezone.localdate(task.due_at) if task.due_time else task.due_on


def _heading(day: date, today: date) -> tuple[str, str]:
    name = words.day(day, today=today)
    return name[:1].upper() + name[1:], "" if words.long_day(day) == name else words.long_day(day)
