"""Keys for programs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import access
from accounts.models import AccessToken, User
from config.web.errors import Refused

PREFIX = "gh_"


def create_token(
    *,
    by: User,
    name: str,
    scopes: Iterable[str],
    guild: UUID | None = None,
    expires_at: datetime | None = None,
    until: datetime | None = None,
) -> tuple[AccessToken, str]:
    """A new key and its text, which is shown this once; only its hash is kept. It lives as long
    as said, else `until`, which is the end of the key that makes it.

    Raises Refused for a household that is not hers, and for a life beyond `until`.
    """
    expires_at = expires_at or until
    if until and expires_at and expires_at > until:
        raise Refused(_("No key outlives the one that makes it."), "outlives", field="expires_at")
    if guild and guild not in {member.guild_id for member in access.memberships(by)}:
        raise Refused(_("You are not in this household."), "unknown_guild", field="guild")
    text = PREFIX + secrets.token_urlsafe(32)
    token = AccessToken.objects.create(
        user=by,
        guild_id=guild,
        name=name,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        token_hash=access.hash_secret(text),
        hint=text[-4:],
    )
    return token, text


def revoke_token(token: AccessToken, *, at: datetime) -> None:
    """End a key at once; twice is harmless."""
    AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at)
