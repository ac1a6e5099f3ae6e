"""Oneself, one's keys and where one is signed in."""

from __future__ import annotations

from hashlib import md5
from typing import Any
from uuid import UUID

import orjson
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import me as actions
from accounts.actions import token as tokens
from accounts.api.serializers import (
    MadeTokenSerializer,
    MeSerializer,
    SessionSerializer,
    TokenSerializer,
)
from accounts.guild.api import DeleteRow, EditRow, ListRows, ReadRow, UserViewSet
from accounts.models import AccessToken, Role, User
from accounts.sessions import SessionsAdapter, signed_in
from config.web.api import cursor, filters
from config.web.api.problems import not_found
from config.web.api.rows import one


class MeViewSet(ReadRow, EditRow, UserViewSet):
    """Who I am, in every household."""

    serializer_class = MeSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.kwargs["pk"] = self.user.pk

    def rows(self) -> QuerySet[User]:
        return User.objects.filter(pk=self.user.pk)

    def edit(self, row: User, data: dict[str, Any]) -> None:
        actions.edit_me(row, **data)


class TokenViewSet(ListRows, ReadRow, DeleteRow, UserViewSet):
    """My access tokens; deleting one ends it at once."""

    serializer_class = TokenSerializer
    orders = {"newest": ("-created_at", "-id")}
    # Of keys only those for everything: another one must not make a key that may do more.
    required_role = {"create": Role.ADMIN, "destroy": Role.ADMIN}

    def rows(self) -> QuerySet[AccessToken]:
        return AccessToken.objects.filter(user=self.user, revoked_at=None)

    @extend_schema(request=TokenSerializer, responses={201: MadeTokenSerializer})
    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Make a key; its text is answered this once."""
        until = self.access.token.expires_at if self.access.token else None
        row, text = tokens.create_token(by=self.user, until=until, **self.read())
        shown = orjson.loads(one(self.rows().filter(pk=row.pk), TokenSerializer) or b"{}")
        headers = {"Location": f"{request.path}{row.pk}/"}
        return Response(shown | {"token": text}, status=201, headers=headers)

    def remove(self, row: AccessToken) -> None:
        tokens.revoke_token(row, at=self.at)


class SessionViewSet(UserViewSet):
    """Where I am signed in; deleting one signs it out at once."""

    serializer_class = SessionSerializer
    required_role = {"destroy": Role.ADMIN}

    @extend_schema(responses=SessionSerializer)
    def list(self, request: Request, *_args: Any, **_kwargs: Any) -> HttpResponse:
        filters.apply(None, request.query_params, AccessToken.objects.none())
        rows = [self._shown(session) for session in signed_in(self.user)]
        return Response(cursor.of_list(rows, self.orders, request.query_params))

    def destroy(self, _request: Request, *_args: Any, **_kwargs: Any) -> HttpResponse:
        for session in signed_in(self.user):
            if _public_id(session) == self.kwargs["pk"]:
                SessionsAdapter().end_sessions([session])
                return HttpResponse(status=204)
        raise not_found()

    def _shown(self, session: UserSession) -> dict[str, Any]:
        return {
            "id": _public_id(session),
            "ip": session.ip,
            "user_agent": session.user_agent,
            "is_current": session.session_key == self.access.session_key,
            "created_at": session.created_at,
            "last_seen_at": session.last_seen_at,
        }


def _public_id(session: UserSession) -> UUID:
    """An id that tells nothing of the session's key, which is as good as a password."""
    return UUID(md5(session.session_key.encode(), usedforsecurity=False).hexdigest())
