"""A small API over tasks, as a slice would write it, to test the base with."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import include, path, re_path
from django_filters import FilterSet
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from accounts.api.fields import MembersField
from accounts.guild.api import (
    CreateRow,
    DeleteRow,
    EditRow,
    GuildViewSet,
    ListRows,
    ReadRow,
    UserViewSet,
)
from accounts.models import AccessToken, Member, Role
from config.web.api.fields import NewIdField
from config.web.api.filters import ChoicesFilter, DayFilter, FlagFilter, IdFilter, TextFilter
from config.web.api.handlers import nothing_here
from config.web.api.reading_room import ReadingRoom, SchemaView
from config.web.api.rows import ids
from config.web.api.schema import verb
from config.web.api.serializers import StrictModelSerializer
from config.web.errors import Refused
from productivity.tasks.models import Status, Task, TaskAssignee


class ProbeSerializer(StrictModelSerializer):
    id = NewIdField()
    assignees = MembersField(required=False)

    class Meta:
        model = Task
        fields = [
            "id",
            "title",
            "description",
            "status",
            "completed",
            "completed_at",
            "completed_by",
            "due_on",
            "due_time",
            "time_zone",
            "due_at",
            "visibility",
            "assignees",
            "created_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["status"]
        rows = {"assignees": ids(TaskAssignee, "task", "member")}


class ProbeFilters(FilterSet):
    status = ChoicesFilter(choices=Status.choices)
    completed = FlagFilter()
    assignee = IdFilter("assigned__member")
    due = DayFilter("due_on")
    text = TextFilter("title", lookup_expr="icontains")


class ProbeViewSet(ListRows, ReadRow, CreateRow, EditRow, DeleteRow, GuildViewSet):
    """Tasks of the household."""

    serializer_class = ProbeSerializer
    filterset_class = ProbeFilters
    orders = {
        "due": ("due_at", "id"),
        "latest": ("-due_at", "-id"),
        "newest": ("-created_at", "-id"),
        "title": ("title", "id"),
    }
    required_role = {"purge": Role.ADMIN}

    def rows(self) -> Any:
        return Task.objects.live()

    def add(self, data: dict[str, Any]) -> Task:
        assignees = data.pop("assignees", [])
        if data["title"] == "refuse me":
            raise Refused("Not that title.", "no_such_title", field="title", status=409)
        task = Task(created_by=self.member, **data)
        task.save(force_insert=True)
        self._assign(task, assignees)
        return task

    def edit(self, row: Task, data: dict[str, Any]) -> None:
        if "assignees" in data:
            self._assign(row, data.pop("assignees"))
        for name, value in data.items():
            setattr(row, name, value)
        row.save(update_fields=[*data, "updated_at"])

    def _assign(self, task: Task, members: list[Member]) -> None:
        TaskAssignee.objects.filter(task=task).delete()
        TaskAssignee.objects.bulk_create([TaskAssignee(task=task, member=one) for one in members])

    def remove(self, row: Task) -> None:
        Task.objects.filter(pk=row.pk).update(deleted_at=self.at)

    @verb(answers=ProbeSerializer)
    def complete(self, request: Request, guild: Any, pk: Any) -> HttpResponse:
        """Mark the task as done; twice is harmless."""
        task = self.find_locked()
        Task.objects.filter(pk=task.pk).update(status=Status.DONE, completed_at=self.at)
        return self.answer(task.pk)

    @verb(detail=False, status=204)
    def purge(self, request: Request, guild: Any) -> HttpResponse:
        """Empty the trash for good."""
        return HttpResponse(status=204)

    @verb(detail=False, status=204)
    def half(self, request: Request, guild: Any) -> HttpResponse:
        """Write a task and fail."""
        self.add({"title": "half done"})
        raise ZeroDivisionError("a bug with contents")


class KeySerializer(StrictModelSerializer):
    class Meta:
        model = AccessToken
        fields = ["id", "name", "scopes", "expires_at", "created_at", "updated_at"]


class KeyViewSet(ListRows, ReadRow, UserViewSet):
    """Keys of my own."""

    serializer_class = KeySerializer

    def rows(self) -> Any:
        return AccessToken.objects.filter(user=self.user, revoked_at=None)


of_guild, of_user = SimpleRouter(use_regex_path=False), SimpleRouter(use_regex_path=False)
of_guild.register("probes", ProbeViewSet, "probes")
of_user.register("keys", KeyViewSet, "keys")
urlpatterns = [
    path("api/v1/schema/", SchemaView.as_view(), name="schema"),
    path("api/v1/docs/", ReadingRoom.as_view(), name="docs"),
    path("api/v1/guilds/<uuid:guild>/", include(of_guild.urls)),
    path("api/v1/me/", include(of_user.urls)),
    re_path("^api/", nothing_here),
]
handler400 = "config.web.api.handlers.bad_request"
handler404 = "config.web.api.handlers.page_not_found"
handler500 = "config.web.api.handlers.server_error"
