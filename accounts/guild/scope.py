"""The guild every query runs in: the ORM filter and the PostgreSQL settings, set together.

Settings are transaction-local only: with a pool, session settings leak to the next request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from config.web.sql import prepared_cursor

if TYPE_CHECKING:
    from accounts.models import Member


class NoGuild(RuntimeError):  # noqa: N818  # the name that the design gives it
    """A guild-owned row was queried outside guild_scope()."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose eyes the database looks through; None where nobody looks, as in a guild's own job."""

    guild_id: UUID | None = None
    member_id: UUID | None = None
    user_id: UUID | None = None
    project_ids: tuple[UUID, ...] = ()

    def settings(self) -> list[str]:
        """The four settings that the policies read, '' where there is none."""
        one = [
            str(value) if value else "" for value in (self.guild_id, self.member_id, self.user_id)
        ]
        return [*one, "{" + ",".join(map(str, self.project_ids)) + "}" if self.project_ids else ""]


NOWHERE = Scope()
_current: ContextVar[Scope] = ContextVar("guild_scope", default=NOWHERE)


def current_scope() -> Scope:
    return _current.get()


def current_guild_id() -> UUID:
    """The id of the guild in scope; raises NoGuild outside a scope."""
    guild_id = _current.get().guild_id
    if guild_id is None:
        raise NoGuild("This row belongs to a guild: enter guild_scope() first.")
    return guild_id


@contextmanager
def guild_scope(
    guild: UUID,
    member: Member | None = None,
    *,
    projects: Iterable[UUID] = (),
    using: str = DEFAULT_DB_ALIAS,
) -> Iterator[Scope]:
    """Run the block in one transaction in which only what this member may see exists.

    Without a member only household rows exist. `projects` are the closed ones that she is in.
    Scopes nest; the outer one comes back.
    """
    scope = Scope(
        guild_id=guild,
        member_id=member.pk if member else None,
        user_id=member.user_id if member else None,
        project_ids=tuple(projects),
    )
    with _enter(scope, using):
        yield scope


@contextmanager
def user_scope(user: UUID, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[Scope]:
    """Run the block in one transaction in which only this user's own rows exist, such as tokens."""
    scope = Scope(user_id=user)
    with _enter(scope, using):
        yield scope


@contextmanager
def _enter(scope: Scope, using: str) -> Iterator[None]:
    outer = _current.get()
    with transaction.atomic(using=using):
        _set_local(scope, using)
        token = _current.set(scope)
        try:
            yield
        finally:
            _current.reset(token)
        # A rollback undoes the settings; the release of a savepoint does not.
        if len(connections[using].savepoint_ids) > 0 or outer is not NOWHERE:
            _set_local(outer, using)


def _set_local(scope: Scope, using: str) -> None:
    with prepared_cursor(connections[using]) as cursor:
        cursor.execute(
            "SELECT set_config('app.guild_id', %s, true), set_config('app.member_id', %s, true),"
            " set_config('app.user_id', %s, true), set_config('app.project_ids', %s, true)",
            scope.settings(),
        )
