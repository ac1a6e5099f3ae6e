"""Who asks, by `Authorization: Bearer`: a JWT of a session or a `gh_…` key, in one query."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache
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
    try:
        claims = _claims(credential)
    except ValueError:
        return None
    if claims.expires_at <= time.time():
        return None
    return access.by_session(claims.session_key, claims.user_id, guild)


@dataclass(frozen=True, slots=True)
class _Claims:
    session_key: str
    user_id: UUID
    expires_at: float


@lru_cache(maxsize=2048)
def _claims(token: str) -> _Claims:
    """What the JWT says; raises ValueError unless its signature is ours.

    A good signature stays good, so it is checked once; its time, the session and the person are
    asked again with every request. What is refused is not kept: it may become valid.
    """
    said = decode_token(token, "access")
    session_key = session_key_from_sid(said["sid"]) if said else None
    if said is None or not session_key or "exp" not in said:
        raise ValueError("not a token of ours")
    return _Claims(session_key, UUID(said["sub"]), float(said["exp"]))


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
