"""History of the household."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import FilterSet
from rest_framework.request import Request

from accounts import history
from accounts.actions.revert import revert_change
from accounts.api.serializers import ChangeSerializer
from accounts.guild.api import GuildViewSet, ListRows, ReadRow
from accounts.models import Change, Role, Source
from config.web.api.filters import ChoicesFilter, IdFilter, TextFilter
from config.web.api.schema import verb


class ChangeFilters(FilterSet):
    actor = IdFilter()
    entity = IdFilter("entity_id")
    kind = TextFilter()
    verb = TextFilter()
    source = ChoicesFilter(choices=Source.choices)


class ChangeViewSet(ListRows, ReadRow, GuildViewSet):
    """What was done, by whom, from where."""

    serializer_class = ChangeSerializer
    # Which role it takes hangs on the change.
    required_role = {"revert": Role.VIEWER}
    filterset_class = ChangeFilters
    orders = {"newest": ("-created_at", "-id"), "oldest": ("created_at", "id")}

    def rows(self) -> QuerySet[Change]:
        found: QuerySet[Change] = Change.objects.all()
        return found

    @verb(answers=ChangeSerializer)
    def revert(self, _request: Request, **_kwargs: Any) -> HttpResponse:
        """Take one change back; answers the change that did it."""
        change = self.find()
        if way := history.way_back(change):
            self.require_key(way.role_needed(change, by=self.member))
        revert_change(change, by=self.member, at=self.at)
        done = history.latest_of(change.kind, change.entity_id)
        assert done is not None
        return self.answer(done.pk)
