"""How a change of a task is taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts import history
from accounts.models import Change, Member
from config.web.errors import conflict
from productivity.tasks import actions
from productivity.tasks.models import Task


def revert_task(change: Change, *, by: Member, at: datetime) -> None:
    """Bring the task back to before `change`; raises Refused when it was changed again since."""
    task = actions.locked(change.entity_id)
    match change.verb:
        case "added":
            actions.delete_task(task, by=by, at=at)
        case "deleted":
            actions.restore_task(task, by=by)
        case "restored":
            actions.delete_task(task, by=by, at=at)
        case _:
            # A tick too: it goes back to the status that it had, whichever that was.
            actions.edit_task(task, by=by, at=at, **_fields(change, task))


def _fields(change: Change, task: Task) -> Any:
    """The old values of an edit, as edit_task takes them."""
    now = actions.snapshot(task)
    if any(now[name] != value for name, value in change.after.items() if name in now):
        raise conflict(_("This was changed again since. Revert the newer change first."), "stale")
    said = history.as_said(Task, change.before)
    said.pop("deleted_at", None)
    if pk := said.get("completed_by"):
        said["completed_by"] = Member.objects.filter(pk=pk).first()
    if "assignees" in said:
        said["assignees"] = list(Member.objects.filter(pk__in=said["assignees"], left_at=None))
    return said
