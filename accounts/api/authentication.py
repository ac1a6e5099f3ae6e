"""Who asks: `Authorization: Bearer` with a JWT of a session or a `gh_…` key, one query for all of it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

# allauth loads these lazily, and finds no submodule that nobody else has loaded before.
import cryptography.hazmat.primitives.ciphers
import cryptography.hazmat.primitives.serialization  # noqa: F401
from allauth.headless.tokens.strategies.jwt.internal import decode_token, session_key_from_sid
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import access
from accounts.access import Access
from accounts.actions.token import PREFIX
from accounts.models import User
from config.web.api.problems import Problem

BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,4096}) *", re.IGNORECASE)


class BearerAuthentication(BaseAuthentication):
    """The user and her Access, which already knows the member of the guild in the address."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        match = BEARER.fullmatch(header)
        guild = (request.parser_context or {}).get("kwargs", {}).get("guild")
        found = match and _access(match[1], str(guild) if guild else None)
        if not found:
            raise Problem(
                401,
                _("This token is not valid, or not any more."),
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _access(credential: str, guild: str | None) -> Access | None:
    if credential.startswith(PREFIX):
        return access.by_token(credential, guild)
    claims = decode_token(credential, "access")
    session_key = session_key_from_sid(claims["sid"]) if claims else None
    if claims is None or not session_key:
        return None
    try:
        user_id = UUID(claims["sub"])
    except ValueError:
        return None
    return access.by_session(session_key, user_id, guild)


class BearerScheme(OpenApiAuthenticationExtension):
    """How the documentation tells of it; spectacular finds it by being a subclass."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A JWT of `/_allauth/app/v1/…`, or an access token (`gh_…`).",
        }
