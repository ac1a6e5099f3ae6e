"""The days on which somebody is not at home."""

from __future__ import annotations

from datetime import date
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildKey, GuildManager, GuildOwned, GuildQuerySet
from accounts.guild.rls import GuildForeignKey, GuildPolicy
from accounts.guild.spans import NoOverlap
from accounts.models.guild import Member


class AbsenceQuerySet(GuildQuerySet["Absence"]):
    def standing(self) -> Self:
        """Those of who lives here, without the deleted ones."""
        return self.live().filter(member__left_at=None)

    def touching(self, first: date, last: date) -> Self:
        """Those with a day from `first` to `last`, both included."""
        return self.filter(from_on__lte=last, until_on__gte=first)

    def coming(self, *, on: date) -> Self:
        """Those that are not over on this day, the next one first."""
        return self.filter(until_on__gte=on).order_by("from_on", "id")


class Absence(GuildOwned):
    """From the first to the last day, both included, by the household's calendar."""

    member_id: UUID
    member = GuildKey(Member, models.DO_NOTHING, editable=False, verbose_name=_("member"))
    from_on = models.DateField(_("away from"))
    until_on = models.DateField(_("until"))
    created_by_id: UUID | None
    created_by = GuildKey(
        Member, models.DO_NOTHING, null=True, editable=False, verbose_name=_("made by")
    )
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects: Any = GuildManager.from_queryset(AbsenceQuerySet)()

    class Meta(GuildOwned.Meta):
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy"),
            GuildForeignKey(name=f"{NAME}_member", field="member"),
            GuildForeignKey(name=f"{NAME}_created_by", field="created_by", on_delete="SET NULL"),
            models.CheckConstraint(
                condition=models.Q(until_on__gte=models.F("from_on")),
                name="accounts_absence_ends_after_start",
            ),
            NoOverlap(
                name="accounts_absence_no_overlap", of="member", first="from_on", last="until_on"
            ),
        ]
        indexes = [
            # Who is away on a day, and what is coming; the API's list.
            models.Index(fields=["guild", "from_on", "id"], name="accounts_absence_days"),
            models.Index(fields=["guild", "-created_at", "-id"], name="accounts_absence_newest"),
        ]

    def __str__(self) -> str:
        return self.member.nickname
