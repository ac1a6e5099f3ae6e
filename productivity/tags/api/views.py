"""Tags over the API; they are made by naming them on a row."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.guild.api import GuildViewSet, ListRows
from config.web.api.serializers import StrictModelSerializer
from productivity.tags.models import Tag


class TagSerializer(StrictModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name", "created_at", "updated_at"]
        read_only_fields = fields


class TagViewSet(ListRows, GuildViewSet):
    """Words that members put on what they keep."""

    serializer_class = TagSerializer
    orders = {"name": ("name", "id")}

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Tag.objects.in_sight()
        return rows
