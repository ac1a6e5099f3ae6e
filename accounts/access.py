"""Who is asking, and as which member: one query, before any scope opens.

Row security hides members until a guild is entered, so these questions go through the SECURITY
DEFINER functions of migration `0002_lookups`; nothing else crosses guilds on the request path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, models
from django.utils.crypto import constant_time_compare

from accounts.models import AccessToken, Guild, Member, User
from config.web.sql import prepared_cursor


def _of(model: type[models.Model], names: str) -> list[str]:
    """The columns in the model's own order: `from_db` takes values by position."""
    return [
        field.attname for field in model._meta.concrete_fields if field.attname in names.split()
    ]


USER = _of(
    User,
    "id password last_login email username first_name global_name status locale time_zone"
    " is_active is_staff is_superuser",
)
MEMBER = _of(Member, "id guild_id user_id role nickname colour joined_at left_at last_seen_at")
GUILD = _of(Guild, "id name slug time_zone locale member_count created_at updated_at deleted_at")
TOKEN = _of(AccessToken, "id user_id guild_id name scopes expires_at last_used_at")


def _columns(alias: str, names: Sequence[str], prefix: str = "") -> str:
    return ", ".join(f"{alias}.{prefix}{name}" for name in names)


MEMBERSHIP = f"{_columns('m', MEMBER, 'member_')}, {_columns('m', GUILD, 'guild_')}"
# By the id alone: an address may look like the id of another household.
BY_SESSION = f"""
SELECT {_columns("u", USER)}, s.session_data, {MEMBERSHIP}
FROM django_session s
JOIN accounts_user u ON u.id = %(user)s
LEFT JOIN LATERAL guildhall_memberships(u.id, %(guild)s) m
    ON m.guild_id::text = %(guild)s AND m.guild_deleted_at IS NULL
WHERE s.session_key = %(session)s AND s.expire_date > now() AND u.is_active
"""
BY_TOKEN = f"""
SELECT {_columns("u", USER)}, {_columns("t", TOKEN)}, {MEMBERSHIP}
FROM guildhall_token(%(hash)s) t
JOIN accounts_user u ON u.id = t.user_id
LEFT JOIN LATERAL guildhall_memberships(u.id, %(guild)s) m
    ON m.guild_id::text = %(guild)s AND m.guild_deleted_at IS NULL
    AND (t.guild_id IS NULL OR t.guild_id = m.guild_id)
WHERE u.is_active
"""
OF_USER = f"SELECT {MEMBERSHIP} FROM guildhall_memberships(%s, NULL) m"


@dataclass(frozen=True, slots=True)
class Access:
    """A person who may come in; `member` is None outside the guild that was asked for."""

    user: User
    member: Member | None
    token: AccessToken | None = None
    session_key: str = ""


def by_session(session_key: str, user_id: UUID, guild: str | None = None) -> Access | None:
    """Access by a live session of this active user; `guild` is an id."""
    row = _one(BY_SESSION, {"session": session_key, "user": user_id, "guild": guild})
    if row is None:
        return None
    user = _instance(User, USER, row)
    session = SessionStore().decode(row[len(USER)])
    # A changed password ends the other sessions: their hash no longer fits.
    ours = constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    if session.get(SESSION_KEY) != str(user.pk) or not ours:
        return None
    return Access(user, _member(row, len(USER) + 1, user), session_key=session_key)


def by_token(token: str, guild: str | None = None) -> Access | None:
    """Access by a `gh_…` token that is neither expired nor revoked; notes its use."""
    row = _one(BY_TOKEN, {"hash": hash_secret(token), "guild": guild})
    if row is None:
        return None
    user = _instance(User, USER, row)
    access_token = _instance(AccessToken, TOKEN, row[len(USER) :])
    return Access(user, _member(row, len(USER) + len(TOKEN), user), access_token)


def memberships(user: User, *, closed: bool = False) -> list[Member]:
    """This person's memberships in open guilds (or closed ones), oldest first, guild included."""
    with connection.cursor() as cursor:
        cursor.execute(OF_USER, [user.pk])
        rows = cursor.fetchall()
    members = [member for row in rows if (member := _member(row, 0, user))]
    return [member for member in members if (member.guild.deleted_at is not None) is closed]


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a stranger who holds the link may know."""

    id: UUID
    guild_id: UUID
    guild_name: str
    guild_slug: str
    member_count: int
    inviter: str
    role: str


def invitation(code: str) -> Invitation | None:
    """The open invitation behind a code; None when it is unknown, over or used up."""
    row = _one("SELECT * FROM guildhall_invite(%(hash)s)", {"hash": hash_secret(code)})
    return Invitation(*row) if row else None


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: enough for secrets of 256 random bits, unlike for passwords."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _one(sql: str, params: dict[str, Any]) -> tuple[Any, ...] | None:
    with prepared_cursor(connection) as cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _instance[M: models.Model](model: type[M], names: Sequence[str], row: Sequence[Any]) -> M:
    return model.from_db("default", names, row[: len(names)])


def _member(row: Sequence[Any], start: int, user: User) -> Member | None:
    if row[start] is None:
        return None
    member = _instance(Member, MEMBER, row[start:])
    member.guild = _instance(Guild, GUILD, row[start + len(MEMBER) :])
    member.user = user
    return member
