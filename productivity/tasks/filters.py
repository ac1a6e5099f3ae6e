"""What a list of tasks can be narrowed to, the same for the page's address and the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from config.web.api.filters import (
    ChoicesFilter,
    DayFilter,
    FlagFilter,
    IdFilter,
    TextFilter,
    TrashFilter,
)
from productivity.tasks.models import Priority, Status, Task, TaskAssignee, TaskTag


class TaskFilter(TrashFilter):
    status = ChoicesFilter(choices=Status.choices)
    priority = ChoicesFilter(choices=Priority.choices)
    completed = FlagFilter()
    assignee = IdFilter(method="filter_assignee")
    tag = TextFilter(method="filter_tag")
    due_from = DayFilter(field_name="due_on", lookup_expr="gte")
    due_until = DayFilter(field_name="due_on", lookup_expr="lte")
    overdue = FlagFilter(method="filter_overdue")
    q = TextFilter(method="filter_text")

    class Meta:
        model = Task
        fields: list[str] = []

    def filter_assignee(self, rows: QuerySet[Any], _name: str, member: Any) -> QuerySet[Any]:
        return rows.filter(Exists(TaskAssignee.objects.filter(task=OuterRef("pk"), member=member)))

    def filter_tag(self, rows: QuerySet[Any], _name: str, tag: str) -> QuerySet[Any]:
        return rows.filter(
            Exists(TaskTag.objects.filter(task=OuterRef("pk"), tag__name__iexact=tag))
        )

    def filter_overdue(self, rows: Any, _name: str, value: bool) -> Any:  # noqa: FBT001
        late = Task.objects.overdue(at=timezone.now())
        return rows.filter(pk__in=late) if value else rows.exclude(pk__in=late)

    def filter_text(self, rows: Any, _name: str, text: str) -> Any:
        return rows.containing(text)
