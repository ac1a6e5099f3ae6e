from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from accounts.guild.admin import StaffAdmin
from operations.models import Heartbeat


@admin.register(Heartbeat)
class HeartbeatAdmin(StaffAdmin):
    """Which processes are alive; nobody edits that."""

    list_display = ["instance", "process", "queues", "seen_at"]
    list_filter = ["process"]
    search_fields = ["instance"]
    ordering = ["process", "instance"]

    def has_change_permission(self, request: HttpRequest, obj: Heartbeat | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Heartbeat | None = None) -> bool:
        return False
