"""Reminders, what they say to whom, and each way it went out."""

from reminders.models.archive import Archive
from reminders.models.delivery import Cause, Delivery, Status
from reminders.models.destination import Channel, Destination
from reminders.models.digest import Digest
from reminders.models.links import Escalation, ReminderDestination, ReminderRecipient
from reminders.models.notification import Because, Kind, Notification
from reminders.models.queue import Queued
from reminders.models.reminder import BY_SOURCE, Audience, Frequency, Reminder

__all__ = [
    "BY_SOURCE",
    "Archive",
    "Audience",
    "Because",
    "Cause",
    "Channel",
    "Delivery",
    "Destination",
    "Digest",
    "Escalation",
    "Frequency",
    "Kind",
    "Notification",
    "Queued",
    "Reminder",
    "ReminderDestination",
    "ReminderRecipient",
    "Status",
]
