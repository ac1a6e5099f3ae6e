"""What became of occurrences long ago, by member and month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildKey, GuildOwned
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind

if TYPE_CHECKING:
    from accounts.models import Member


class Archive(GuildOwned):
    """One month of one member's, or without a member of the household's own channels: as many
    parts as it needs (`reminders.engine.archive.PER_PART`).

    Each entry is an occurrence: `{"letter": the notification, "ways": [its deliveries]}`, as the
    rows were, without what is NULL. Of the household's there is no letter but a `title`.
    """

    member_id: UUID | None
    member: models.ForeignKey[Member | None] = GuildKey(
        "accounts.Member", models.DO_NOTHING, null=True, verbose_name=_("for")
    )
    # Its first day, by the household's calendar.
    month = models.DateField(_("month"))
    part = models.PositiveIntegerField(_("part"), default=0)
    # Everything in it fell due between these two, both included.
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"))
    entries: models.JSONField[Any, Any] = models.JSONField(default=list)
    occurrences = models.PositiveIntegerField(_("occurrences"), default=0)

    class Meta(GuildOwned.Meta):
        verbose_name = _("month of deliveries")
        verbose_name_plural = _("months of deliveries")
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.OWN_OR_SHARED),
            GuildForeignKey(name=f"{NAME}_member", field="member"),
            models.UniqueConstraint(
                fields=["guild", "member", "month", "part"],
                nulls_distinct=False,
                name="reminders_archive_of_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
