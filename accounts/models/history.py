"""What was done, by whom, from where; append-only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildKey, GuildOwned, Visibility
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind
from accounts.models.guild import Member


class Source(models.TextChoices):
    WEB = "web", _("Browser")
    API = "api", _("API")
    CHAT = "chat", _("Assistant")
    DISCORD = "discord", "Discord"
    MCP = "mcp", "MCP"
    IMPORT = "import", _("Import")
    ADMIN = "admin", _("Staff")
    SYSTEM = "system", _("Guildhall")


class Change(GuildOwned):
    """One act on one row. It is seen by whoever may see that row now."""

    actor_id: UUID | None
    actor = GuildKey(Member, models.DO_NOTHING, null=True, verbose_name=_("who"))
    actor_name = models.CharField(_("who"), max_length=150)
    source = models.CharField(_("from"), max_length=7, choices=Source)
    verb = models.CharField(_("what"), max_length=30)
    kind = models.CharField(_("of what"), max_length=30)
    entity_id = models.UUIDField(_("row"))
    title = models.CharField(_("name"), max_length=255, blank=True)
    before: models.JSONField[Any, Any] = models.JSONField(null=True)
    after: models.JSONField[Any, Any] = models.JSONField(null=True)
    visibility = models.CharField(max_length=9, choices=Visibility, default=Visibility.HOUSEHOLD)
    maker_id: UUID | None
    maker = GuildKey(Member, models.DO_NOTHING, null=True)
    project_id = models.UUIDField(null=True)

    class Meta(GuildOwned.Meta):
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.PRIVATE, maker="maker"),
            GuildForeignKey(name=f"{NAME}_actor", field="actor", on_delete="SET NULL"),
            GuildForeignKey(name=f"{NAME}_maker", field="maker", on_delete="SET NULL"),
        ]
        indexes = [
            models.Index(fields=["guild", "-created_at", "-id"], name="accounts_change_newest"),
            models.Index(fields=["guild", "entity_id", "-created_at"], name="accounts_change_row"),
            models.Index(fields=["guild", "actor", "-created_at"], name="accounts_change_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.entity_id}"
