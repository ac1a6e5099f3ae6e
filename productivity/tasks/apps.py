from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "productivity.tasks"
    label = "tasks"
    verbose_name = _("Tasks")

    def ready(self) -> None:
        from accounts import history
        from accounts.sentences import thing
        from productivity.tasks.reverts import revert_task
        from productivity.tasks.sections import DueToday, Overdue
        from productivity.tasks.sources import TaskSource
        from reminders import digests, sources

        sources.register("task", TaskSource())
        digests.register("overdue", Overdue())
        digests.register("today", DueToday())
        history.revertible("task")(revert_task)
        thing("task", _("the task “%(title)s”"))
