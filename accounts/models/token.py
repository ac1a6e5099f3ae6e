"""Keys that programs sign in with, and answers kept for those who ask twice."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, Row
from accounts.guild.rls import GuildPolicy, PolicyKind
from accounts.models.guild import Guild


class AccessToken(Row):
    """A `gh_…` key of one person, for one household or all of hers; only its hash is kept."""

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")
        ADMIN = "admin", _("Read, write and manage the household")

    user_id: UUID
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DB_CASCADE, editable=False, related_name="access_tokens"
    )
    guild_id: UUID | None
    guild = models.ForeignKey(
        Guild,
        models.DB_CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("household"),
    )
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=4, editable=False)
    scopes: ArrayField[list[str], list[str]] = ArrayField(
        models.CharField(max_length=20, choices=Scope), verbose_name=_("rights")
    )
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta(Row.Meta):
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        constraints = [
            *Row.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.OWN),
            models.CheckConstraint(
                condition=models.Q(scopes__len__gte=1), name="accounts_accesstoken_scopes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.hint})"

    @property
    def rights(self) -> str:
        return ", ".join(str(self.Scope(scope).label) for scope in self.scopes)


class Replay(Row):
    """The answer to a POST with an Idempotency-Key, kept for 24 hours."""

    user_id: UUID
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DB_CASCADE, editable=False, db_index=False
    )
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers: models.JSONField[Any, Any] = models.JSONField(default=dict)
    body = models.BinaryField()

    class Meta(Row.Meta):
        constraints = [
            *Row.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.OWN),
            models.UniqueConstraint(fields=["user", "key"], name="accounts_replay_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="accounts_replay_created")]

    def __str__(self) -> str:
        return self.key
