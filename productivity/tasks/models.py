"""What the household has to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import (
    NAME,
    GuildKey,
    GuildManager,
    GuildOwned,
    GuildQuerySet,
    MadeByMember,
)
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind
from config.web.fields import ZoneField


class Status(models.TextChoices):
    PENDING = "pending", _("To do")
    IN_PROGRESS = "in_progress", _("Under way")
    REVIEW = "review", _("To be looked at")
    BLOCKED = "blocked", _("Waiting")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Dropped")


CLOSED = (Status.DONE, Status.CANCELLED)


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class TaskQuerySet(GuildQuerySet["Task"]):
    def open(self) -> Self:
        """Live tasks that somebody still has to do."""
        return self.live().exclude(status__in=CLOSED)

    def overdue(self, *, at: datetime) -> Self:
        return self.open().filter(due_at__lte=at)

    def due_before(self, at: datetime) -> Self:
        return self.filter(due_at__lte=at)

    def of(self, member: UUID) -> Self:
        return self.filter(assigned__member=member)

    def containing(self, text: str) -> Self:
        """With this text in title or description, in any case; % and _ stand for themselves."""
        return self.filter(models.Q(title__icontains=text) | models.Q(description__icontains=text))

    def with_people(self) -> Self:
        """With assignees and tags fetched along: two more queries, whatever the number of rows."""
        return self.prefetch_related(
            models.Prefetch("assigned", TaskAssignee.objects.select_related("member")),
            models.Prefetch("tagged", TaskTag.objects.select_related("tag").order_by("tag__name")),
        )


class Task(MadeByMember):
    title = models.CharField(_("title"), max_length=255)
    description = models.TextField(_("description"), max_length=1000, blank=True)
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.PENDING)
    completed = models.GeneratedField(
        expression=models.Q(status=Status.DONE),  # type: ignore[arg-type]  # a Q is one
        output_field=models.BooleanField(),
        db_persist=True,
    )
    completed_at = models.DateTimeField(_("done"), null=True, editable=False)
    completed_by_id: UUID | None
    completed_by = GuildKey("accounts.Member", models.DO_NOTHING, null=True, editable=False)
    priority = models.CharField(
        _("priority"), max_length=6, choices=Priority, default=Priority.MEDIUM
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    due_time = models.TimeField(_("at"), null=True, blank=True)
    time_zone = ZoneField(_("time zone"), blank=True)
    due_at = models.DateTimeField(null=True, editable=False)
    objects: Any = GuildManager.from_queryset(TaskQuerySet)()

    class Meta(MadeByMember.Meta):
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            *MadeByMember.Meta.constraints,
            GuildForeignKey(
                name=f"{NAME}_completed_by", field="completed_by", on_delete="SET NULL"
            ),
            models.CheckConstraint(
                condition=~models.Q(title__regex=r"^\s*$"), name="tasks_task_title_not_blank"
            ),
            models.CheckConstraint(
                condition=models.Q(description__length__lte=1000),
                name="tasks_task_description_length",
            ),
            models.CheckConstraint(
                condition=models.Q(status=Status.DONE, completed_at__isnull=False)
                | models.Q(~models.Q(status=Status.DONE), completed_at=None),
                name="tasks_task_completed_at_iff_done",
            ),
            models.CheckConstraint(
                condition=models.Q(due_on=None, due_time=None, due_at=None, time_zone="")
                | models.Q(~models.Q(time_zone=""), due_on__isnull=False, due_at__isnull=False),
                name="tasks_task_due_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(due_at=None) | models.Q(due_at__gt=models.F("created_at")),
                name="tasks_task_due_after_made",
            ),
        ]
        indexes = [
            # The list and Today: open tasks by due.
            models.Index(
                fields=["guild", "due_at", "id"],
                condition=models.Q(deleted_at=None) & ~models.Q(status__in=["done", "cancelled"]),
                name="tasks_task_open",
            ),
            # All tasks, newest first, and the trash.
            models.Index(fields=["guild", "-created_at", "-id"], name="tasks_task_newest"),
            # What was done lately.
            models.Index(fields=["guild", "-completed_at"], name="tasks_task_completed"),
            models.Index(fields=["guild", "status", "due_at"], name="tasks_task_status"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.deleted_at is None and self.status not in CLOSED

    def is_overdue(self, *, at: datetime) -> bool:
        return self.is_open and self.due_at is not None and self.due_at <= at

    @property
    def assignees(self) -> list[Any]:
        """The members it is assigned to; one query unless fetched along."""
        return [link.member for link in self.assigned.all()]

    @property
    def tags(self) -> list[Any]:
        """Its tags; one query unless fetched along."""
        return [link.tag for link in self.tagged.all()]


class TaskLink(GuildOwned):
    """Base of the link tables: seen by whoever may see the task."""

    task_id: UUID

    class Meta(GuildOwned.Meta):
        abstract = True
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.CHILD, parent="task"),
            GuildForeignKey(name=f"{NAME}_task", field="task"),
        ]


class TaskAssignee(TaskLink):
    task = GuildKey(Task, models.DO_NOTHING, related_name="assigned")
    member = GuildKey("accounts.Member", models.DO_NOTHING, related_name="assignments")

    class Meta(TaskLink.Meta):
        constraints = [
            *TaskLink.Meta.constraints,
            GuildForeignKey(name=f"{NAME}_member", field="member"),
            models.UniqueConstraint(fields=["guild", "task", "member"], name="tasks_assignee"),
        ]
        indexes = [
            # My tasks.
            models.Index(fields=["guild", "member", "task"], name="tasks_assignee_of_member")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class TaskTag(TaskLink):
    task = GuildKey(Task, models.DO_NOTHING, related_name="tagged")
    tag = GuildKey("tags.Tag", models.DO_NOTHING, related_name="on_tasks")

    class Meta(TaskLink.Meta):
        constraints = [
            *TaskLink.Meta.constraints,
            GuildForeignKey(name=f"{NAME}_tag", field="tag"),
            models.UniqueConstraint(fields=["guild", "task", "tag"], name="tasks_tag"),
        ]
        indexes = [models.Index(fields=["guild", "tag", "task"], name="tasks_tag_of_tag")]

    def __str__(self) -> str:
        return str(self.pk)
