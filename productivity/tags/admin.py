from __future__ import annotations

from django.contrib import admin

from accounts.guild.admin import GuildRowAdmin
from productivity.tags.models import Tag


@admin.register(Tag)
class TagAdmin(GuildRowAdmin):
    list_display = ["name", "guild", "created_at"]
    search_fields = ["name", "guild__name"]
