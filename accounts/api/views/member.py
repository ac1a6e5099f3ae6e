"""Who lives in the household."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.actions import member as actions
from accounts.api.serializers import MemberSerializer
from accounts.guild.api import DeleteRow, EditRow, GuildViewSet, ListRows, ReadRow
from accounts.models import Member, Role


class MemberViewSet(ListRows, ReadRow, EditRow, DeleteRow, GuildViewSet):
    """Members of the household; deleting one ends the membership."""

    serializer_class = MemberSerializer
    orders = {"joined": ("joined_at", "id"), "name": ("nickname", "id")}
    required_role = {"update": Role.ADMIN, "partial_update": Role.ADMIN, "destroy": Role.ADMIN}

    def role_needed(self) -> Role:
        """Everybody may change her own name and colour, and leave."""
        is_me = self.kwargs.get("pk") == self.member.pk
        return Role.VIEWER if is_me else super().role_needed()

    def rows(self) -> QuerySet[Member]:
        return Member.objects.present()

    def edit(self, row: Member, data: dict[str, Any]) -> None:
        actions.edit_member(row, by=self.member, at=self.at, **data)

    def remove(self, row: Member) -> None:
        actions.remove_member(row, by=self.member, at=self.at)
