"""One occurrence for one member: her inbox row, the only truth about whether she acted on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
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
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind

if TYPE_CHECKING:
    from reminders.models.reminder import Reminder
    from reminders.reasons import Names


class Kind(models.TextChoices):
    REMINDER = "reminder", _("Reminder")
    # A member's summary of her day.
    DIGEST = "digest", _("Morning summary")
    # Somebody whom one's own reminder was for says that it is not hers.
    NOT_ME = "not_me", _("Not taken on")


class Because(models.TextChoices):
    """Why somebody is told whom the reminder does not name."""

    NOBODY = "nobody", _("Nobody is assigned")
    UNASKED = "unasked", _("It could not be asked whom it is for")
    ALL_AWAY = "all_away", _("Everybody it is for is away")
    ESCALATED = "escalated", _("Because nobody acted")


class NotificationQuerySet(GuildQuerySet["Notification"]):
    """Row security shows each member her own rows only."""

    def arrived(self) -> Self:
        """What came; what is planned for the next seconds is not there yet. Newest first."""
        return self.filter(arrived_at__isnull=False).order_by("-arrived_at", "-id")

    def waiting(self) -> Self:
        """What came and still wants her: not done, not closed, not snoozed."""
        return self.arrived().filter(done_at=None, closed_at=None, snoozed_until=None)


class Notification(GuildOwned):
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.REMINDER)
    reminder_id: UUID | None
    reminder: models.ForeignKey[Reminder | None] = GuildKey(
        "reminders.Reminder",
        models.DO_NOTHING,
        null=True,
        related_name="notifications",
        verbose_name=_("reminder"),
    )
    # Which occurrence: "2026-03-29T07:30 Europe/Berlin" for wall-clock rules, the instant for
    # the others; of what has no reminder, what it came of.
    slot = models.CharField(_("occurrence"), max_length=100, blank=True)
    origin = models.CharField(max_length=100, blank=True)
    recipient_id: UUID
    recipient = GuildKey("accounts.Member", models.DO_NOTHING, verbose_name=_("for"))
    title = models.CharField(_("title"), max_length=255)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(max_length=500, blank=True)
    # When it is to come, and when it came; a snooze moves both on.
    due_at = models.DateTimeField(_("due"), null=True)
    arrived_at = models.DateTimeField(_("came"), null=True)
    read_at = models.DateTimeField(_("read"), null=True)
    done_at = models.DateTimeField(_("done"), null=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_reason = models.CharField(max_length=200, blank=True)
    because = models.CharField(
        _("why"), max_length=10, choices=Because, blank=True, editable=False, db_default=""
    )
    # The stage of its reminder that comes next, and when: after that long somebody else is told.
    stage = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    stage_at = models.DateTimeField(null=True, editable=False)
    # She is told because the member of that one did not act.
    escalated_from_id: UUID | None
    escalated_from: models.ForeignKey[Notification | None] = GuildKey(
        "self", models.DO_NOTHING, null=True, editable=False
    )
    # Part of each link that acts without a sign-in; moves on when one was used.
    link_serial = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)

    objects: Any = GuildManager.from_queryset(NotificationQuerySet)()

    # Whoever shows several has them read once.
    names: Names | None = None

    # What history says of it concerns its recipient alone.
    visibility = Visibility.PRIVATE
    is_private = True

    class Meta(GuildOwned.Meta):
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.PERSONAL, member="recipient"),
            GuildForeignKey(name=f"{NAME}_reminder", field="reminder"),
            GuildForeignKey(name=f"{NAME}_recipient", field="recipient"),
            GuildForeignKey(
                name=f"{NAME}_escalated_from", field="escalated_from", on_delete="SET NULL"
            ),
            models.UniqueConstraint(
                fields=["guild", "reminder", "slot", "recipient"],
                name="reminders_notification_occurrence",
            ),
            models.UniqueConstraint(
                fields=["guild", "kind", "origin", "recipient"],
                condition=models.Q(reminder=None),
                name="reminders_notification_origin",
            ),
            models.CheckConstraint(
                condition=models.Q(reminder__isnull=False, origin="")
                | models.Q(~models.Q(origin=""), reminder=None, slot=""),
                name="reminders_notification_of_something",
            ),
        ]
        indexes = [
            # Who was told because this one waited.
            models.Index(
                fields=["guild", "escalated_from"],
                condition=models.Q(escalated_from__isnull=False),
                name="reminders_notification_escal",
            ),
            # The stages that come next, and none that ended: crosses guilds by design.
            models.Index(
                fields=["stage_at", "id"],
                condition=models.Q(
                    models.Q(closed_at=None) | models.Q(closed_reason="not_me"),
                    stage_at__isnull=False,
                    done_at=None,
                ),
                name="reminders_notification_stage",
            ),
            # The badge and the open inbox.
            models.Index(
                fields=["guild", "recipient", "-arrived_at", "-id"],
                condition=models.Q(
                    arrived_at__isnull=False, done_at=None, closed_at=None, snoozed_until=None
                ),
                name="reminders_inbox_waiting",
            ),
            # The whole inbox.
            models.Index(
                fields=["guild", "recipient", "-arrived_at", "-id"],
                condition=models.Q(arrived_at__isnull=False),
                name="reminders_inbox_all",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def created_by_id(self) -> UUID:
        """Whose it is, for history."""
        return self.recipient_id

    @property
    def is_waiting(self) -> bool:
        return not (self.done_at or self.closed_at or self.snoozed_until)

    @property
    def may_refuse(self) -> bool:
        """Whether "not me" makes sense: somebody else wants it of her. Reads the reminder."""
        seen = self.reminder
        return bool(self.reminder_id) and (seen is None or seen.created_by_id != self.recipient_id)

    @property
    def parts(self) -> list[Any]:
        """Of a morning summary: its sections with their lines."""
        from reminders import digests

        return list(digests.read(self.body))

    @property
    def late_by_seconds(self) -> int:
        """How much later than due it came, in whole seconds."""
        if self.due_at is None or self.arrived_at is None:
            return 0
        return max(0, int((self.arrived_at - self.due_at).total_seconds()))

    @property
    def closed_in_words(self) -> str:
        """Why it was closed, a sentence; '' when it was not."""
        from reminders.reasons import in_words

        return in_words(self.closed_reason, self.names) if self.closed_at else ""
