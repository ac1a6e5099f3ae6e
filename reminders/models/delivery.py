"""Each message that was to go out, by which way, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildKey, GuildManager, GuildOwned, GuildQuerySet
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind
from reminders.models.destination import Channel, Destination

if TYPE_CHECKING:
    from reminders.models.notification import Notification
    from reminders.models.reminder import Reminder


class Status(models.TextChoices):
    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not sent")


class Cause(models.TextChoices):
    """Why there is a round: step 0 goes first, the others follow when nobody acted."""

    FIRST = "first", _("The first time")
    SNOOZE = "snooze", _("Put off until then")
    NAG = "nag", _("Asked again")
    ESCALATE = "escalate", _("Because nobody acted")


class DeliveryQuerySet(GuildQuerySet["Delivery"]):
    """Row security shows each member what leads to herself, and to the household as a whole."""

    def readable(self) -> Self:
        """Without what the household was told of reminders that she may not see."""
        return self.filter(
            models.Q(notification__isnull=False) | models.Q(reminder__created_at__isnull=False)
        )

    def heads(self) -> Self:
        """One row an occurrence, its first way out, the latest first; with what it says.

        What the household was told of something that she has a letter of herself is part of hers.
        """
        from reminders.models.notification import Notification

        same, earlier = models.OuterRef, Delivery.objects.filter(id__lt=models.OuterRef("pk"))
        of_letter = earlier.filter(notification=same("notification_id"))
        of_household = earlier.filter(
            notification=None, reminder=same("reminder_id"), occurrence=same("occurrence")
        )
        hers = Notification.objects.filter(reminder=same("reminder_id"), slot=same("occurrence"))
        return (
            self.readable()
            .filter(~models.Exists(of_letter), ~models.Exists(of_household), ~models.Exists(hers))
            .select_related("notification", "reminder")
            .order_by("-due_at", "-id")
        )

    def with_ways(self) -> Self:
        """With the names of the destinations, and none of their secrets."""
        rows = self.select_related("destination")
        return rows.defer("destination__secret", "destination__signing_key")

    def like(self, **said: Any) -> Self:
        """Of occurrences of which some way out is like this, all that is in the queryset."""
        siblings = Delivery.objects.filter(
            models.Q(notification=models.OuterRef("notification_id"))
            | models.Q(
                notification=None,
                reminder=models.OuterRef("reminder_id"),
                occurrence=models.OuterRef("occurrence"),
            ),
            **said,
        )
        return self.filter(models.Exists(siblings))

    def about(self, words: Iterable[str]) -> Self:
        """What says all of these, in its title, its text or its reminder."""
        rows = self
        for word in words:
            rows = rows.filter(
                models.Q(notification__title__icontains=word)
                | models.Q(notification__body__icontains=word)
                | models.Q(reminder__message__icontains=word)
            )
        return rows


class Delivery(GuildOwned):
    """One way out of one notification, or of a whole occurrence for a guild's own channel."""

    notification_id: UUID | None
    notification: models.ForeignKey[Notification | None] = GuildKey(
        "reminders.Notification",
        models.DO_NOTHING,
        null=True,
        related_name="deliveries",
        verbose_name=_("notification"),
    )
    reminder_id: UUID | None
    reminder: models.ForeignKey[Reminder | None] = GuildKey(
        "reminders.Reminder",
        models.DO_NOTHING,
        null=True,
        related_name="deliveries",
        verbose_name=_("reminder"),
    )
    occurrence = models.CharField(max_length=100, null=True, editable=False)  # noqa: DJ001  # NULL in the key
    recipient_id: UUID | None
    recipient = GuildKey("accounts.Member", models.DO_NOTHING, null=True, verbose_name=_("for"))
    channel = models.CharField(_("way"), max_length=10, choices=Channel)
    # NULL is the inbox.
    destination_id: UUID | None
    destination = GuildKey(
        Destination,
        models.DO_NOTHING,
        null=True,
        related_name="deliveries",
        verbose_name=_("destination"),
    )
    step = models.PositiveSmallIntegerField(_("round"), default=0)
    cause = models.CharField(
        _("why this round"),
        max_length=8,
        choices=Cause,
        default=Cause.FIRST,
        db_default=Cause.FIRST.value,
    )
    status = models.CharField(_("state"), max_length=7, choices=Status, default=Status.PLANNED)
    reason = models.CharField(_("why"), max_length=500, blank=True)
    # [{"at": …, "outcome": "sent" | "passing" | "permanent" | "lost", "reason": …}]
    attempts: models.JSONField[Any, Any] = models.JSONField(_("attempts"), default=list)
    due_at = models.DateTimeField(_("due"))
    try_at = models.DateTimeField(_("next try"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    provider_id = models.CharField(max_length=255, blank=True)

    objects: Any = GuildManager.from_queryset(DeliveryQuerySet)()

    class Meta(GuildOwned.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.OWN_OR_SHARED, member="recipient"),
            GuildForeignKey(name=f"{NAME}_notification", field="notification"),
            GuildForeignKey(name=f"{NAME}_reminder", field="reminder"),
            GuildForeignKey(name=f"{NAME}_recipient", field="recipient"),
            GuildForeignKey(name=f"{NAME}_destination", field="destination"),
            models.UniqueConstraint(
                fields=["guild", "notification", "reminder", "occurrence", "destination", "step"],
                nulls_distinct=False,
                name="reminders_delivery_once",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    notification__isnull=False, recipient__isnull=False, occurrence=None
                )
                | models.Q(
                    notification=None,
                    reminder__isnull=False,
                    occurrence__isnull=False,
                    destination__isnull=False,
                ),
                name="reminders_delivery_of_something",
            ),
            models.CheckConstraint(
                condition=models.Q(status="sent", sent_at__isnull=False)
                | models.Q(~models.Q(status="sent"), sent_at=None),
                name="reminders_delivery_sent_at",
            ),
        ]
        # None of them knows the state, so that its change touches no index (HOT).
        indexes = [
            # Lateness on /metrics: crosses guilds by design.
            BrinIndex(fields=["sent_at"], name="reminders_delivery_sent", autosummarize=True),
            BrinIndex(fields=["due_at"], name="reminders_delivery_due", autosummarize=True),
            # What last became of a destination.
            models.Index(
                fields=["guild", "destination", "-due_at", "-id"],
                condition=models.Q(destination__isnull=False),
                name="reminders_delivery_of_way",
            ),
            # "Why did I (not) get it?", of a reminder and of a member.
            models.Index(
                fields=["guild", "reminder", "-due_at", "-id"], name="reminders_delivery_history"
            ),
            models.Index(
                fields=["guild", "recipient", "-due_at", "-id"], name="reminders_delivery_mine"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def created_by_id(self) -> UUID | None:
        """Whose it is, for history."""
        return self.recipient_id

    @property
    def late_by(self) -> timedelta | None:
        """How much later than due it went out; None when it did not."""
        return max(self.sent_at - self.due_at, timedelta()) if self.sent_at else None
