"""Asking a source with the rights of whoever made the reminder."""

from __future__ import annotations

from contextlib import AbstractContextManager
from uuid import UUID

from accounts.guild.scope import Scope, guild_scope
from accounts.models import Member


def through_eyes_of(
    guild: UUID, member: UUID | None, user: UUID | None
) -> AbstractContextManager[Scope]:
    """The guild as this member sees it; without one only what the household sees."""
    eyes = Member(id=member, guild_id=guild, user_id=user) if member else None
    return guild_scope(guild, eyes)
