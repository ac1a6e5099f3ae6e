"""Founding, changing and closing a household."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import history
from accounts.actions.member import require_role
from accounts.guild.ids import uuid7
from accounts.guild.scope import guild_scope
from accounts.models import Guild, Member, Role, User
from config.web.errors import conflict, id_taken, violated
from config.web.live import end_streams, publish

FIELDS = ["name", "time_zone", "locale"]


def create_guild(
    *,
    by: User,
    at: datetime,
    name: str,
    time_zone: str = "UTC",
    locale: str = "en",
    id: UUID | None = None,
) -> Member:
    """The owner's membership of a new household, founded in one transaction."""
    guild = Guild(id=id or uuid7(), name=name, time_zone=time_zone, locale=locale, member_count=1)
    with guild_scope(guild.pk):
        _insert(guild)
        owner = Member.objects.create(
            guild=guild, user=by, role=Role.OWNER, nickname=by.name[:100], joined_at=at
        )
        history.record("founded", guild, by=owner, after=history.snapshot(guild, FIELDS))
    return owner


def edit_guild(guild: Guild, *, by: Member, **changes: Any) -> Guild:
    """The household with the named fields changed."""
    require_role(by, Role.ADMIN)
    guild = Guild.objects.select_for_update().get(pk=guild.pk)
    before = history.snapshot(guild, FIELDS)
    for name, value in changes.items():
        setattr(guild, name, value)
    old, new = history.differences(before, history.snapshot(guild, FIELDS))
    if new:
        with transaction.atomic():
            guild.save(update_fields=list(new))
            history.record("edited", guild, by=by, before=old, after=new)
        publish("guild", guild.pk, guild=guild.pk)
    guild.refresh_from_db()
    return guild


def delete_guild(guild: Guild, *, by: Member, at: datetime) -> None:
    """Close the household: nobody gets in any more; its owner can open it again."""
    require_role(by, Role.OWNER)
    with transaction.atomic():
        Guild.objects.filter(pk=guild.pk).update(deleted_at=at)
        history.record("deleted", guild, by=by)
    publish("guild", guild.pk, guild=guild.pk)
    end_streams(guild.pk)


def restore_guild(guild: Guild, *, by: Member) -> None:
    """Open a closed household again; twice is harmless."""
    require_role(by, Role.OWNER)
    with transaction.atomic():
        if Guild.objects.filter(pk=guild.pk).exclude(deleted_at=None).update(deleted_at=None):
            history.record("restored", guild, by=by)


def _insert(guild: Guild) -> None:
    """Save the new guild under a free address; raises Refused for a taken id."""
    base = slugify(guild.name)[:50] or "home"
    for slug in (base, *(f"{base}-{secrets.token_hex(3)}" for _try in range(3))):
        guild.slug = slug
        try:
            with transaction.atomic():
                guild.save(force_insert=True)
                return
        except IntegrityError as error:
            if violated(error) == "accounts_guild_pkey":
                raise id_taken() from error
    raise conflict(_("Try another name."), "slug_taken", "name")
