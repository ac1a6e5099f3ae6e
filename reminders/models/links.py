"""What a reminder names: whom it is for, by which ways, and who is told when nobody acts."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildKey, GuildOwned
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind
from reminders.models.destination import Destination
from reminders.models.reminder import Reminder


class ReminderRecipient(GuildOwned):
    """A member whom a reminder names."""

    reminder_id: UUID
    reminder = GuildKey(Reminder, models.DO_NOTHING, related_name="addressed")
    member_id: UUID
    member = GuildKey("accounts.Member", models.DO_NOTHING)

    class Meta(GuildOwned.Meta):
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.CHILD, parent="reminder"),
            GuildForeignKey(name=f"{NAME}_reminder", field="reminder"),
            GuildForeignKey(name=f"{NAME}_member", field="member"),
            models.UniqueConstraint(
                fields=["guild", "reminder", "member"], name="reminders_recipient"
            ),
        ]
        indexes = [
            # What a member is reminded of, and the cascade when she is purged.
            models.Index(fields=["guild", "member"], name="reminders_recipient_of_member")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ReminderDestination(GuildOwned):
    """A way that a reminder names: of whom it belongs to it is then the only one, and the
    household's own gets one message for each occurrence.
    """

    reminder_id: UUID
    reminder = GuildKey(Reminder, models.DO_NOTHING, related_name="named_ways")
    destination_id: UUID
    destination = GuildKey(Destination, models.DO_NOTHING)

    class Meta(GuildOwned.Meta):
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.CHILD, parent="reminder"),
            GuildForeignKey(name=f"{NAME}_reminder", field="reminder"),
            GuildForeignKey(name=f"{NAME}_destination", field="destination"),
            models.UniqueConstraint(
                fields=["guild", "reminder", "destination"], name="reminders_named_way"
            ),
        ]
        indexes = [
            # Which reminders name it, and the cascade.
            models.Index(fields=["guild", "destination"], name="reminders_named_way_of")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Escalation(GuildOwned):
    """One stage of what happens when nobody acts: after so many minutes another member is told,
    or the same one by another way.
    """

    reminder_id: UUID
    reminder = GuildKey(Reminder, models.DO_NOTHING, related_name="escalations")
    position = models.PositiveSmallIntegerField(default=0)
    after_minutes = models.PositiveIntegerField(_("after so many minutes"))
    member_id: UUID | None
    member = GuildKey("accounts.Member", models.DO_NOTHING, null=True, verbose_name=_("tell"))
    destination_id: UUID | None
    destination = GuildKey(Destination, models.DO_NOTHING, null=True, verbose_name=_("by this way"))

    class Meta(GuildOwned.Meta):
        ordering = ["position"]
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.CHILD, parent="reminder"),
            GuildForeignKey(name=f"{NAME}_reminder", field="reminder"),
            GuildForeignKey(name=f"{NAME}_member", field="member"),
            GuildForeignKey(name=f"{NAME}_destination", field="destination"),
            models.UniqueConstraint(
                fields=["guild", "reminder", "position"], name="reminders_escalation_stage"
            ),
            models.CheckConstraint(
                condition=models.Q(member__isnull=False) | models.Q(destination__isnull=False),
                name="reminders_escalation_tells_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(after_minutes__gte=1, after_minutes__lte=10_080)
                & models.Q(position__lte=9),
                name="reminders_escalation_bounds",
            ),
        ]
        indexes = [
            # The cascades when a member is purged, and for whom a way is used.
            models.Index(fields=["guild", "member"], name="reminders_escalation_member"),
            models.Index(fields=["guild", "destination"], name="reminders_escalation_way"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
