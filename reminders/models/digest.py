"""A member's summary of her day, each morning or whenever she wants it."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildKey, GuildOwned, Visibility
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind, quietly
from config.web.chosen import zone_or
from reminders.rules import Rule

if TYPE_CHECKING:
    from accounts.models import Member

SEVEN = time(7)
MOST_CONTENTS = 20
EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]


class Digest(GuildOwned):
    """When it comes and what it holds, by the clock of the member's own zone; off until she wants
    it. Until she has said so or that she does not, `answered_at` is NULL and she is offered it.
    """

    member_id: UUID
    member: models.ForeignKey[Member] = GuildKey(
        "accounts.Member", models.DO_NOTHING, verbose_name=_("for")
    )
    is_on = models.BooleanField(_("on"), default=False, db_default=False)
    time = models.TimeField(_("time"), default=SEVEN)
    # As in the API: 0 is Sunday.
    weekdays: ArrayField[list[int], list[int]] = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("weekdays")
    )
    # Keys of the registry in `reminders.digests`; NULL for all there are, also later ones.
    contents: ArrayField[list[str] | None, list[str] | None] = ArrayField(
        models.CharField(max_length=30), null=True, verbose_name=_("contents")
    )
    also_empty = models.BooleanField(_("also when there is nothing to say"), default=False)
    also_away = models.BooleanField(_("also while I am away"), default=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    # The engine's own, as of reminders: without a slot it works out the next one first.
    look_at = models.DateTimeField(null=True, editable=False)
    next_slot = models.CharField(max_length=100, blank=True, editable=False)

    # What history says of it concerns nobody else.
    visibility = Visibility.PRIVATE
    is_private = True

    class Meta(GuildOwned.Meta):
        verbose_name = _("morning summary")
        verbose_name_plural = _("morning summaries")
        constraints = [
            *quietly(GuildOwned.Meta.constraints, "look_at next_slot"),
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.PERSONAL),
            GuildForeignKey(name=f"{NAME}_member", field="member"),
            models.UniqueConstraint(fields=["guild", "member"], name="reminders_digest_of_member"),
            models.CheckConstraint(
                condition=models.Q(weekdays__contained_by=EVERY_DAY, weekdays__len__gte=1),
                name="reminders_digest_weekdays",
            ),
            models.CheckConstraint(
                condition=models.Q(contents=None) | models.Q(contents__len__lte=MOST_CONTENTS),
                name="reminders_digest_contents",
            ),
            models.CheckConstraint(
                condition=models.Q(is_on=True) | models.Q(look_at=None),
                name="reminders_digest_quiet",
            ),
        ]
        indexes = [
            # The engine's planning tick: crosses guilds by design.
            models.Index(
                fields=["look_at", "id"],
                condition=models.Q(look_at__isnull=False),
                name="reminders_digest_due",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def created_by_id(self) -> UUID:
        """Whose it is, for history."""
        return self.member_id

    @property
    def rule(self) -> Rule:
        """When it comes, for the pure functions of `recurrence`."""
        return digest_rule(self.time, self.weekdays, self.member.home_zone)


def digest_rule(at: time, weekdays: list[int], zone: str) -> Rule:
    """At this time on these days of the week, in this zone."""
    return Rule(
        frequency="weekly",
        time_zone=zone_or(zone).key,
        time=at,
        weekdays=frozenset(weekdays),
        starts_on=date.min,
    )
