from __future__ import annotations

from accounts.api.fields import MembersField
from config.web.api.fields import NamesField, NewIdField, TextField
from config.web.api.rows import ids
from config.web.api.serializers import StrictModelSerializer, StrictSerializer
from productivity.tasks.models import Task, TaskAssignee, TaskTag


class TaskSerializer(StrictModelSerializer):
    id = NewIdField()
    assignees = MembersField(required=False, max_length=50)
    tags = NamesField(child=TextField(max_length=50), required=False, max_length=20)

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
            "priority",
            "due_on",
            "due_time",
            "time_zone",
            "due_at",
            "assignees",
            "tags",
            "visibility",
            "created_by",
            "created_at",
            "updated_at",
            "deleted_at",
        ]
        read_only_fields = [
            "completed",
            "completed_at",
            "completed_by",
            "due_at",
            "created_by",
            "created_at",
            "updated_at",
            "deleted_at",
        ]
        rows = {
            "assignees": ids(TaskAssignee, "task", "member"),
            "tags": ids(TaskTag, "task", "tag__name"),
        }


class AssignSerializer(StrictSerializer):
    assignees = MembersField(max_length=50)
