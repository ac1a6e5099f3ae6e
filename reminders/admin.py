"""What staff see of reminders: when, by which way, with what outcome; never private words."""

from __future__ import annotations

from django.contrib import admin

from accounts.guild.admin import GuildFilter, GuildRowAdmin, RecordAdmin
from reminders.models import Delivery, Destination, Notification, Reminder, ReminderRecipient

GUILD = ["id", "guild__name", "guild__slug"]


@admin.register(Reminder)
class ReminderAdmin(GuildRowAdmin):
    list_display = ["name", "guild", "frequency", "next_due_at", "paused_at", "deleted_at"]
    list_filter = (GuildFilter, "frequency", "visibility", "created_at")
    search_fields = [*GUILD, "source_id"]
    # What follows from these is reckoned by the actions alone.
    readonly_fields = [
        "frequency",
        "once_at",
        "time",
        "weekdays",
        "month_day",
        "nth",
        "rrule",
        "every_minutes",
        "before_minutes",
        "time_zone",
        "starts_on",
        "until",
        "count",
        "skip",
        "audience",
        "visibility",
    ]
    content_fields = ("message",)

    @admin.display(description="reminder")
    def name(self, reminder: Reminder) -> str:
        return "…" if reminder.is_private else reminder.title


@admin.register(ReminderRecipient)
class ReminderRecipientAdmin(RecordAdmin, GuildRowAdmin):
    list_display = ["id", "guild", "member", "reminder_id"]
    list_select_related = ("guild", "member")
    search_fields = ["reminder__id", "member__nickname"]


@admin.register(Notification)
class NotificationAdmin(RecordAdmin, GuildRowAdmin):
    """An inbox is its owner's."""

    list_display = ["id", "guild", "recipient", "kind", "due_at", "arrived_at", "done_at"]
    list_select_related = ("guild", "recipient")
    list_filter = (GuildFilter, "kind", "due_at")
    search_fields = [*GUILD, "reminder__id", "recipient__nickname"]
    content_fields = ("title", "body", "url")


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin, GuildRowAdmin):
    """The engine's record."""

    list_display = ["id", "guild", "recipient", "channel", "status", "reason", "due_at", "sent_at"]
    list_select_related = ("guild", "recipient")
    list_filter = (GuildFilter, "channel", "status", "due_at")
    search_fields = [*GUILD, "reminder__id", "notification__id", "recipient__nickname"]


@admin.register(Destination)
class DestinationAdmin(GuildRowAdmin):
    list_display = ["id", "guild", "member", "channel", "follows_account", "switched_off_at"]
    list_select_related = ("guild", "member")
    list_filter = (GuildFilter, "channel", "follows_account")
    search_fields = [*GUILD, "member__nickname"]
    secret_fields = ("secret", "signing_key", "address_hash")
    content_fields = ("name", "hint")
    readonly_fields = ["member", "channel"]
