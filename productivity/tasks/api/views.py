"""Tasks over the API: the same actions as the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.guild.api import CreateRow, DeleteRow, EditRow, ListRows, ReadRow, TrashRows
from config.web.api.schema import verb
from productivity.tasks import actions
from productivity.tasks.api.serializers import AssignSerializer, TaskSerializer
from productivity.tasks.filters import TaskFilter
from productivity.tasks.models import Task


class TaskViewSet(TrashRows, ListRows, ReadRow, CreateRow, EditRow, DeleteRow):
    """Tasks of the household."""

    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    orders = {
        "newest": ("-created_at", "-id"),
        "due": ("due_at", "id"),
        "title": ("title", "id"),
        "changed": ("-updated_at", "-id"),
    }

    def add(self, data: dict[str, Any]) -> Task:
        return actions.add_task(by=self.member, at=self.at, **data)

    def edit(self, row: Task, data: dict[str, Any]) -> None:
        actions.edit_task(row, by=self.member, at=self.at, **data)

    def remove(self, row: Task) -> None:
        actions.delete_task(row, by=self.member, at=self.at)

    @verb(answers=TaskSerializer)
    def complete(self, _request: Request, **_: Any) -> HttpResponse:
        """Mark the task as done; twice is harmless."""
        task = self.find_locked()
        actions.complete_task(task, by=self.member, at=self.at)
        return self.answer(task.pk)

    @verb(answers=TaskSerializer)
    def reopen(self, _request: Request, **_: Any) -> HttpResponse:
        """Mark the task as still to do; twice is harmless."""
        task = self.find_locked()
        actions.reopen_task(task, by=self.member)
        return self.answer(task.pk)

    @verb(body=AssignSerializer, answers=TaskSerializer)
    def assign(self, _request: Request, **_: Any) -> HttpResponse:
        """Say who does it; an empty list is whoever comes to it."""
        data = self.read(shape=AssignSerializer)
        task = self.find_locked()
        actions.edit_task(task, by=self.member, at=self.at, assignees=data["assignees"])
        return self.answer(task.pk)

    @verb(answers=TaskSerializer)
    def restore(self, _request: Request, **_: Any) -> HttpResponse:
        """Take the task out of the trash; twice is harmless."""
        task = self.find_locked()
        actions.restore_task(task, by=self.member)
        return self.answer(task.pk)
