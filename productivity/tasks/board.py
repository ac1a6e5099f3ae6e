"""Tasks as a page shows them: under the days they are due on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from config.web import words
from productivity.tasks.models import Task

LATE, SOME_TIME = date.min, date.max


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks under one heading; `tone` is `late` for what is over."""

    title: str
    note: str
    tasks: list[Task]
    tone: str = ""


def by_day(tasks: Iterable[Task], *, at: datetime) -> Iterator[Group]:
    """Open tasks by due: the late ones together, then each day, last the others."""
    groups: dict[date, list[Task]] = {}
    for task in tasks:
        groups.setdefault(_day(task, at), []).append(task)
    # Days of other zones end at other instants: the order of due is not always that of days.
    for day, group in sorted(groups.items()):
        if day == LATE:
            yield Group(_("Late"), str(len(group)), group, "late")
        elif day == SOME_TIME:
            yield Group(_("Some time"), "", group)
        else:
            yield Group(*_heading(day, timezone.localdate(at)), group)


def _day(task: Task, at: datetime) -> date:
    if task.due_at is None or task.due_on is None:
        return SOME_TIME
    if task.is_overdue(at=at):
        return LATE
    # In the reader's zone, where "today" is; a day without a time is that day everywhere.
    return timezone.localdate(task.due_at) if task.due_time else task.due_on


def _heading(day: date, today: date) -> tuple[str, str]:
    name = words.day(day, today=today)
    return name[:1].upper() + name[1:], "" if words.long_day(day) == name else words.long_day(day)
