from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.guild.admin import GuildRowAdmin
from productivity.tags.models import Tag, on_household_rows


@admin.register(Tag)
class TagAdmin(GuildRowAdmin):
    """Words that stand on a household's row; the others say what a private one is about."""

    list_display = ["word", "guild", "created_at"]
    search_fields = ["id", "guild__name", "guild__slug"]
    content_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(is_private=~on_household_rows())
        )
        return rows

    @admin.display(description="tag")
    def word(self, tag: Any) -> str:
        return "…" if tag.is_private else tag.name
