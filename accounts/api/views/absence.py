"""When members are away."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.actions import absence as actions
from accounts.api.filters import AbsenceFilter
from accounts.api.serializers import AbsenceSerializer
from accounts.guild.api import CreateRow, DeleteRow, EditRow, GuildViewSet, ListRows, ReadRow
from accounts.models import Absence, Member, Role


class AbsenceViewSet(ListRows, ReadRow, CreateRow, EditRow, DeleteRow, GuildViewSet):
    """When members are away; one's own are everybody's to write, those of others an admin's."""

    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter
    orders = {"first": ("from_on", "id"), "newest": ("-created_at", "-id")}
    # Whose it is decides, which the actions know.
    writing_role = Role.VIEWER

    def rows(self) -> QuerySet[Absence]:
        rows: QuerySet[Absence] = Absence.objects.standing()
        return rows

    def add(self, data: dict[str, Any]) -> Absence:
        self._require_key_for(data.get("member", self.member))
        return actions.add_absence(by=self.member, **data)

    def edit(self, row: Absence, data: dict[str, Any]) -> None:
        self._require_key_for(row.member)
        actions.edit_absence(row, by=self.member, **data)

    def remove(self, row: Absence) -> None:
        self._require_key_for(row.member)
        actions.delete_absence(row, by=self.member, at=self.at)

    def _require_key_for(self, member: Member) -> None:
        if member.pk != self.member.pk:
            self.require_key(Role.ADMIN)
