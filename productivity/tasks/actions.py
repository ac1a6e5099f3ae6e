"""What members can do to tasks. Pages, the API, chat and jobs all come through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.actions.member import require_restore, require_write
from accounts.guild.ids import uuid7
from accounts.guild.links import linked, set_links
from accounts.guild.tell import tell
from accounts.models import Member
from config.web.chosen import zone_or
from config.web.errors import Refused, id_taken, refusing
from config.web.wallclock import end_of_day, instant
from productivity.tags.actions import tags_named
from productivity.tasks.models import Status, Task, TaskAssignee, TaskTag
from reminders import actions as reminders

FIELDS = [
    "title",
    "description",
    "status",
    "priority",
    "due_on",
    "due_time",
    "time_zone",
    "visibility",
    "completed_at",
    "completed_by",
    "deleted_at",
]


@dataclass(frozen=True, slots=True)
class Due:
    """When a task is due: a day, maybe a time, in a zone."""

    on: date
    time: time | None
    zone: str

    @property
    def at(self) -> datetime:
        """The instant; without a time, when the day is over."""
        return (
            instant(self.on, self.time, self.zone) if self.time else end_of_day(self.on, self.zone)
        )


class TaskFields(TypedDict, total=False):
    """What a member may say of a task; what is not named stays as it is."""

    title: str
    description: str
    status: str
    # With a status that is done: when and by whom it was; else now, by whoever says so.
    completed_at: datetime | None
    completed_by: Member | None
    priority: str
    due_on: date | None
    due_time: time | None
    time_zone: str
    visibility: str
    assignees: Sequence[Member]
    tags: Sequence[str]


@transaction.atomic
def add_task(
    *, by: Member, at: datetime, id: UUID | None = None, **said: Unpack[TaskFields]
) -> Task:
    """A new task of the household; raises Refused for a due time that is over or a taken id."""
    task = Task(id=id or uuid7(), created_by=by)
    _apply(task, said, by=by, at=at)
    require_write(task, by=by)
    # A due time may pass between the look at the clock and the row.
    with refusing(tasks_task_pkey=id_taken(), tasks_task_due_after_made=_past()):
        task.save(force_insert=True)
    linked = _link(task, said, by=by)
    after = snapshot(task) if linked else history.snapshot(task, FIELDS)
    history.record("added", task, by=by, after=after)
    tell(task)
    return task


@transaction.atomic
def edit_task(task: Task, *, by: Member, at: datetime, **said: Unpack[TaskFields]) -> Task:
    """The task with the named fields changed; nothing is written when nothing differs."""
    task = locked(task.pk)
    require_write(task, by=by)
    before = snapshot(task)
    _apply(task, said, by=by, at=at)
    require_write(task, by=by)
    linked = _link(task, said, by=by)
    old, new = history.differences(before, snapshot(task))
    if not new and not linked:
        return task
    # A change of links alone makes open forms stale too: the trigger writes updated_at.
    task.save(update_fields=[*_columns(said), "updated_at"])
    task.refresh_from_db()
    history.record_edit(task, by=by, before=old, after=new)
    _follow_with_reminders(task, new)
    tell(task, was=old.get("visibility", ""))
    return task


@transaction.atomic
def complete_task(task: Task, *, by: Member, at: datetime) -> bool:
    """Mark the task done at `at`; False if somebody already had."""
    require_write(task, by=by)
    open_ones = Task.objects.live().filter(pk=task.pk).exclude(status=Status.DONE)
    return _move(open_ones, task, "completed", by, status=Status.DONE, completed_at=at)


@transaction.atomic
def reopen_task(task: Task, *, by: Member) -> bool:
    """Mark the task as still to do; False if it already was."""
    require_write(task, by=by)
    done_ones = Task.objects.live().filter(pk=task.pk, status__in=[Status.DONE, Status.CANCELLED])
    return _move(done_ones, task, "reopened", by, status=Status.PENDING, completed_at=None)


@transaction.atomic
def delete_task(task: Task, *, by: Member, at: datetime) -> bool:
    """Put the task into the trash; False if it already was there."""
    require_write(task, by=by)
    return _move(
        Task.objects.live().filter(pk=task.pk), task, "deleted", by, deleted_at=at, deleted_by=by
    )


@transaction.atomic
def restore_task(task: Task, *, by: Member) -> bool:
    """Take the task out of the trash; others' trash is an admin's. False if it was not there."""
    require_restore(task, by=by)
    trash = Task.objects.trashed().filter(pk=task.pk)
    return _move(trash, task, "restored", by, deleted_at=None, deleted_by=None)


def locked(pk: UUID) -> Task:
    """The task as it is now, held until the end of the transaction."""
    task: Task = Task.objects.select_for_update(of=["self"]).get(pk=pk)
    return task


def _move(rows: Any, task: Task, verb: str, by: Member, **columns: Any) -> bool:
    """Write the columns to `task` if it is among `rows`; the row count tells who won a race."""
    if "completed_at" in columns:
        columns["completed_by"] = by if columns["completed_at"] else None
    named = list(columns)
    before = history.snapshot(task, named)
    won = bool(rows.update(**columns))
    task.refresh_from_db()
    if won:
        history.record(verb, task, by=by, before=before, after=history.snapshot(task, named))
        _follow_with_reminders(task, columns)
        tell(task)
    return won


def _apply(task: Task, said: TaskFields, *, by: Member, at: datetime) -> None:
    """Set the named columns, and what follows from them."""
    for name in ("title", "description", "priority", "visibility"):
        if name in said:
            setattr(task, name, said[name])
    if "visibility" in said and task.is_private and task.created_by_id != by.pk:
        raise Refused(
            _("Only its maker can keep a task to herself."), "not_maker", field="visibility"
        )
    if "status" in said and said["status"] != task.status:
        task.status = said["status"]
        done = task.status == Status.DONE
        task.completed_at = (said.get("completed_at") or at) if done else None
        task.completed_by = said.get("completed_by", by) if done else None
    if {"due_on", "due_time", "time_zone"} & set(said):
        _apply_due(task, said, by=by, at=at)


def _apply_due(task: Task, said: TaskFields, *, by: Member, at: datetime) -> None:
    on = said.get("due_on", task.due_on)
    clock = said.get("due_time", task.due_time)
    if on is None:
        if said.get("due_time") is not None:
            raise Refused(_("A time needs its day."), "no_day", field="due_on")
        task.due_on, task.due_time, task.time_zone, task.due_at = None, None, "", None
        return
    due = Due(on, clock, zone_or(said.get("time_zone") or task.time_zone, by.home_zone).key)
    if due.at == task.due_at and (task.due_on, task.due_time) == (on, clock):
        return
    if due.at <= at:
        raise _past()
    task.due_on, task.due_time, task.time_zone, task.due_at = due.on, due.time, due.zone, due.at


def _past() -> Refused:
    return Refused(_("This time is over already."), "past", field="due_on")


def _link(task: Task, said: TaskFields, *, by: Member) -> bool:
    """Bring assignees and tags to what was said; True when a link changed."""
    changed = False
    if "assignees" in said:
        people = {member.pk for member in said["assignees"]}
        if task.is_private and people - {by.pk}:
            raise Refused(
                _("A task that only you see can be assigned to you alone."),
                "private",
                field="assignees",
            )
        changed |= set_links(TaskAssignee, "member", people, task=task)
    elif task.is_private:
        changed |= bool(TaskAssignee.objects.filter(task=task).exclude(member=by).delete()[0])
    if "tags" in said:
        tags = {tag.pk for tag in tags_named(said["tags"])}
        changed |= set_links(TaskTag, "tag", tags, task=task)
    return changed


def _columns(said: TaskFields) -> list[str]:
    columns = [name for name in said if name not in {"assignees", "tags"}]
    if "status" in said:
        columns += ["completed_at", "completed_by"]
    if {"due_on", "due_time", "time_zone"} & set(said):
        columns += ["due_on", "due_time", "time_zone", "due_at"]
    return sorted(set(columns))


def snapshot(task: Task) -> dict[str, Any]:
    """What history keeps of a task; two queries."""
    links = {
        "assignees": linked(TaskAssignee, "member_id", task=task),
        "tags": linked(TaskTag, "tag__name", task=task),
    }
    return history.snapshot(task, FIELDS) | links


def _follow_with_reminders(task: Task, changed: dict[str, Any]) -> None:
    """Close the reminders of a task that nobody has to do any more; move those of a moved one."""
    if not task.is_open:
        reminders.close_source("task", task.pk, "deleted" if task.deleted_at else "done")
    elif {"due_on", "due_time", "time_zone", "status", "deleted_at", "assignees"} & set(changed):
        reminders.move_source("task", task.pk)
