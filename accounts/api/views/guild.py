"""My households, one of them, and what only its owner does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.actions import guild as guilds
from accounts.actions import member as members
from accounts.api.serializers import GuildSerializer, TransferSerializer
from accounts.guild.api import CreateRow, DeleteRow, EditRow, GuildViewSet, ReadRow, UserViewSet
from accounts.guild.scope import guild_scope
from accounts.models import Guild, Member, Role
from config.web.api import cursor, filters
from config.web.api.rows import one
from config.web.api.schema import verb


def guild_json(member: Member) -> bytes:
    """The household as this member sees it; enters its scope for that."""
    with guild_scope(member.guild_id, member):
        found = one(Guild.objects.filter(pk=member.guild_id), GuildSerializer)
    assert found is not None
    return found


class GuildsViewSet(CreateRow, UserViewSet):
    """The households I am in."""

    serializer_class = GuildSerializer
    shows_one_household = True

    def memberships(self) -> Sequence[Member]:
        """Mine, as far as the key reaches."""
        token = self.access.token
        only = token.guild_id if token else None
        found = access.memberships(self.user)
        return [member for member in found if only in (None, member.guild_id)]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        filters.apply(None, request.query_params, Guild.objects.none())
        rows = [_as_row(member) for member in self.memberships()]
        return Response(cursor.of_list(rows, self.orders, request.query_params))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        owner = guilds.create_guild(by=self.user, at=self.at, **self.read())
        with guild_scope(owner.guild_id, owner):
            response = self.answer(owner.guild_id, 201)
        response.headers["Location"] = f"{request.path}{owner.guild_id}/"
        return response

    def rows(self) -> QuerySet[Guild]:
        return Guild.objects.all()

    def _twin(self) -> HttpResponse | None:
        said = self.read()
        mine = [member for member in self.memberships() if member.is_owner]
        member = next((one for one in mine if one.guild_id == said["id"]), None)
        if member is None:
            return None
        with guild_scope(member.guild_id, member):
            return super()._twin()


class GuildDetailViewSet(ReadRow, EditRow, DeleteRow, GuildViewSet):
    """One household of mine."""

    serializer_class = GuildSerializer
    required_role = {
        "update": Role.ADMIN,
        "partial_update": Role.ADMIN,
        "destroy": Role.OWNER,
        "leave": Role.VIEWER,
        "transfer": Role.OWNER,
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.kwargs["pk"] = self.kwargs["guild"]
        super().initial(request, *args, **kwargs)

    def rows(self) -> QuerySet[Guild]:
        return Guild.objects.filter(pk=self.kwargs["guild"])

    def edit(self, row: Guild, data: dict[str, Any]) -> None:
        guilds.edit_guild(row, by=self.member, **data)

    def remove(self, row: Guild) -> None:
        guilds.delete_guild(row, by=self.member, at=self.at)

    @verb(status=204)
    def leave(self, _request: Request, **_kwargs: Any) -> HttpResponse:
        """End my membership; the owner hands the household over first."""
        members.leave_guild(self.member, at=self.at)
        return HttpResponse(status=204)

    @verb(body=TransferSerializer, answers=GuildSerializer)
    def transfer(self, _request: Request, **_kwargs: Any) -> HttpResponse:
        """Make somebody else the owner; I stay as an admin."""
        to = self.read(shape=TransferSerializer)["member"]
        row = self.find_locked()
        members.transfer_guild(row, to=to, by=self.member)
        return self.answer(row.pk)


def _as_row(member: Member) -> dict[str, Any]:
    """What `GuildSerializer` shows, from what the look-up of memberships already knows."""
    guild = member.guild
    own = {"role": member.role, "member": member.pk}
    return {
        name: own[name] if name in own else getattr(guild, name)
        for name in GuildSerializer.Meta.fields
    }
