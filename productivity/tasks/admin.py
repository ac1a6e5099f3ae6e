from __future__ import annotations

from django.contrib import admin

from accounts.guild.admin import GuildFilter, GuildRowAdmin, RecordAdmin
from productivity.tasks.models import Task, TaskAssignee, TaskTag


@admin.register(Task)
class TaskAdmin(GuildRowAdmin):
    list_display = ["name", "guild", "status", "priority", "due_at", "deleted_at"]
    list_filter = (GuildFilter, "status", "priority", "visibility", "created_at")
    search_fields = ["id", "guild__name", "guild__slug"]
    # Moving these by hand would part them from what follows from them.
    readonly_fields = ["status", "due_on", "due_time", "time_zone", "visibility"]
    content_fields = ("title", "description")

    @admin.display(description="task")
    def name(self, task: Task) -> str:
        return "…" if task.is_private else task.title


@admin.register(TaskAssignee)
class TaskAssigneeAdmin(RecordAdmin, GuildRowAdmin):
    list_display = ["id", "guild", "member", "task_id"]
    list_select_related = ("guild", "member")
    search_fields = ["task__id", "member__nickname"]


@admin.register(TaskTag)
class TaskTagAdmin(RecordAdmin, GuildRowAdmin):
    # The words on a private task are contents, so tags stand here by their ids.
    list_display = ["id", "guild", "tag_id", "task_id"]
    search_fields = ["task__id", "tag__id"]
