"""One's own morning summary over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from accounts.guild.api import EditRow, GuildViewSet, ReadRow
from accounts.models import Role
from config.web.api.fields import ChoiceField, FlagField, ListField
from config.web.api.serializers import StrictModelSerializer
from reminders import digest_actions as actions
from reminders import digests
from reminders.api.fields import WeekdaysField
from reminders.models import Digest


class ContentsField(ListField):
    """Keys of what it holds; null for all there is, also later."""

    def __init__(self, **kwargs: Any) -> None:
        # Slices register theirs when the apps are ready, which is after this was imported.
        super().__init__(**{"child": ChoiceField(choices=[]), "max_length": 20} | kwargs)

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        assert isinstance(self.child, ChoiceField)
        self.child.choices = digests.choices()


class DigestSerializer(StrictModelSerializer):
    is_on = FlagField(required=False)
    weekdays = WeekdaysField(required=False)
    contents = ContentsField(
        required=False,
        allow_null=True,
        allow_empty=False,
        error_messages={"empty": _("Choose what it shall hold.")},
    )
    also_empty = FlagField(required=False)
    also_away = FlagField(required=False)

    class Meta:
        model = Digest
        fields = [
            "is_on",
            "time",
            "weekdays",
            "contents",
            "also_empty",
            "also_away",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]
        extra_kwargs = {"time": {"required": False}}


class DigestViewSet(ReadRow, EditRow, GuildViewSet):
    """Your own morning summary in this household; yours alone, also as a viewer."""

    serializer_class = DigestSerializer
    required_role = dict.fromkeys(["update", "partial_update"], Role.VIEWER)

    def run(self, handler: Any, *args: Any, **kwargs: Any) -> Any:
        def of_mine(request: Request, *args: Any, **kwargs: Any) -> Any:
            self.kwargs["pk"] = actions.digest_of(self.member).pk
            return handler(request, *args, **kwargs)

        return super().run(of_mine, *args, **kwargs)

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Digest.objects.filter(member=self.member)
        return rows

    def edit(self, row: Digest, data: dict[str, Any]) -> None:
        actions.set_digest(by=self.member, at=self.at, **data)
