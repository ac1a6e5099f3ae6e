"""The ways out: where a member, or the household as a whole, can be reached."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import (
    NAME,
    GuildKey,
    GuildManager,
    GuildOwned,
    GuildQuerySet,
    Visibility,
)
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind, quietly
from accounts.secrets import EncryptedField


class Channel(models.TextChoices):
    INBOX = "inbox", _("Inbox")
    EMAIL = "email", _("E-mail")
    PUSH = "push", _("Push")
    WEBHOOK = "webhook", _("Webhook")
    APPRISE = "apprise", _("Apprise")


class DestinationQuerySet(GuildQuerySet["Destination"]):
    """Row security shows each member her own and the household's."""

    def of(self, member: UUID | None) -> Self:
        """Hers, or without a member the household's, the oldest first."""
        return self.live().filter(member=member).order_by("id")


class Destination(GuildOwned):
    """Where a member wants to be told, or without a member the household as a whole; the inbox
    needs none, everybody has it. A browser that takes push messages is one, too. It is never
    erased while deliveries tell of it.
    """

    member_id: UUID | None
    member = GuildKey(
        "accounts.Member",
        models.DO_NOTHING,
        null=True,
        related_name="destinations",
        verbose_name=_("member"),
    )
    channel = models.CharField(_("way"), max_length=10, choices=Channel)
    name = models.CharField(_("name"), max_length=100, blank=True)
    # The address of her account, whatever it is at the time: nothing is copied here.
    follows_account = models.BooleanField(default=False, editable=False)
    secret = EncryptedField(_("address"), blank=True)
    # As much of the address as may be shown, such as "ntfy://…/cat…".
    hint = models.CharField(_("address"), max_length=100, blank=True, editable=False, db_default="")
    # SHA-256 of the address: nobody is told twice by the same way.
    address_hash = models.CharField(max_length=64, blank=True, editable=False, db_default="")
    # What our messages to it are signed with.
    signing_key = EncryptedField(blank=True, editable=False, db_default="")
    # Otherwise only where a reminder names it.
    by_default = models.BooleanField(_("for every reminder"), default=True, db_default=True)
    # By the clock of whoever is told; what falls due in between waits until it is over.
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    switched_off_at = models.DateTimeField(_("switched off"), null=True, blank=True)
    switched_off_reason = models.CharField(max_length=200, blank=True)
    # When a test was last sent there, and why it failed; "" when it went through.
    tested_at = models.DateTimeField(null=True, editable=False)
    tested_reason = models.CharField(max_length=200, blank=True, editable=False, db_default="")
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects: Any = GuildManager.from_queryset(DestinationQuerySet)()

    class Meta(GuildOwned.Meta):
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        constraints = [
            *quietly(GuildOwned.Meta.constraints, "tested_at tested_reason"),
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.OWN_OR_SHARED),
            GuildForeignKey(name=f"{NAME}_member", field="member"),
            models.UniqueConstraint(
                fields=["guild", "member", "channel"],
                condition=models.Q(follows_account=True),
                name="reminders_destination_account",
            ),
            models.UniqueConstraint(
                fields=["guild", "member", "channel", "address_hash"],
                condition=~models.Q(address_hash="") & models.Q(deleted_at=None),
                nulls_distinct=False,
                name="reminders_destination_once",
            ),
            models.CheckConstraint(
                condition=models.Q(follows_account=True, secret="", member__isnull=False)
                | models.Q(~models.Q(secret=""), follows_account=False),
                name="reminders_destination_leads_somewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(
                    ~models.Q(quiet_from=models.F("quiet_until")),
                    quiet_from__isnull=False,
                    quiet_until__isnull=False,
                ),
                name="reminders_destination_quiet_hours",
            ),
        ]
        indexes = [
            # A member's own ways, when an occurrence is planned for her.
            models.Index(fields=["guild", "member"], name="reminders_destination_member")
        ]

    def __str__(self) -> str:
        return self.name or str(Channel(self.channel).label)

    @property
    def is_shared(self) -> bool:
        """Whether it is the household's own."""
        return self.member_id is None

    @property
    def created_by_id(self) -> UUID | None:
        """Whose it is, for history."""
        return self.member_id

    @property
    def visibility(self) -> str:
        """What history says of it: her own concerns her alone."""
        return Visibility.HOUSEHOLD if self.is_shared else Visibility.PRIVATE

    @property
    def is_private(self) -> bool:
        return not self.is_shared
