"""How tasks answer the reminders that hang on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from accounts.guild.scope import current_guild_id
from accounts.models import Guild
from productivity.tasks.models import Task, TaskAssignee

Ids = Sequence[UUID]


class TaskSource:
    audiences = frozenset({"assigned"})

    def recipients(self, ids: Ids, audience: str) -> Mapping[UUID, Collection[UUID]]:
        people: dict[UUID, list[UUID]] = {}
        links = TaskAssignee.objects.filter(task__in=ids).values_list("task_id", "member_id")
        for task, member in links:
            people.setdefault(task, []).append(member)
        return people

    def next_time(self, ids: Ids, after: datetime) -> Mapping[UUID, datetime]:
        due = Task.objects.open().filter(pk__in=ids, due_at__gt=after)
        return dict(due.values_list("pk", "due_at"))

    def wanted(self, ids: Ids) -> Collection[UUID]:
        return set(Task.objects.open().filter(pk__in=ids).values_list("pk", flat=True))

    def text(self, ids: Ids) -> Mapping[UUID, str]:
        return dict(Task.objects.filter(pk__in=ids).values_list("pk", "title"))

    def url(self, ids: Ids) -> Mapping[UUID, str]:
        slug = Guild.objects.values_list("slug", flat=True).get(pk=current_guild_id())
        return {pk: reverse("tasks:detail", kwargs={"slug": slug, "pk": pk}) for pk in ids}
