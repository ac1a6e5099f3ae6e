"""Invitations, and going in with one."""

from __future__ import annotations

from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import invite as actions
from accounts.api.serializers import (
    CodeSerializer,
    GuildSerializer,
    InviteSerializer,
    MadeInviteSerializer,
    NewInviteSerializer,
)
from accounts.api.views.guild import guild_json
from accounts.guild.api import DeleteRow, GuildViewSet, ListRows, ReadRow, UserViewSet
from accounts.models import Guild, Invite, Role
from config.web.api.rows import one
from config.web.api.schema import verb


class InviteViewSet(ListRows, ReadRow, DeleteRow, GuildViewSet):
    """Open links into the household, for admins; deleting one revokes it."""

    serializer_class = InviteSerializer
    orders = {"newest": ("-created_at", "-id")}
    required_role = dict.fromkeys(["list", "retrieve", "create", "destroy"], Role.ADMIN)

    def rows(self) -> QuerySet[Invite]:
        return Invite.objects.open(at=self.at)

    @extend_schema(request=NewInviteSerializer, responses={201: MadeInviteSerializer})
    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Make a link; its code is answered this once."""
        data = self.read(shape=NewInviteSerializer)
        if "role" in data:
            data["role"] = Role(data["role"])
        row, code = actions.invite(by=self.member, at=self.at, **data)
        shown = orjson.loads(one(self.rows().filter(pk=row.pk), InviteSerializer) or b"{}")
        url = request.build_absolute_uri(reverse("join", args=[code]))
        headers = {"Location": f"{request.path}{row.pk}/"}
        return Response(shown | {"code": code, "url": url}, status=201, headers=headers)

    def remove(self, row: Invite) -> None:
        actions.revoke_invite(row, by=self.member, at=self.at)


class AcceptViewSet(UserViewSet):
    """Going into a household with a code."""

    serializer_class = GuildSerializer

    def rows(self) -> QuerySet[Guild]:
        return Guild.objects.none()

    @verb(detail=False, body=CodeSerializer, answers=GuildSerializer)
    def accept(self, _request: Request, **_kwargs: Any) -> HttpResponse:
        """Become a member; who is one already stays it and spends nothing."""
        code = self.read(shape=CodeSerializer)["code"]
        member = actions.accept_invite(code, by=self.user, at=self.at)
        return HttpResponse(guild_json(member), content_type="application/json")
