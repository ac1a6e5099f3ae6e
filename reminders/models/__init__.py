"""Reminders, what they say to whom, and each way it went out."""

from reminders.models.delivery import Channel, Delivery, Destination, Status
from reminders.models.notification import Kind, Notification
from reminders.models.reminder import Audience, Frequency, Reminder, ReminderRecipient

__all__ = [
    "Audience",
    "Channel",
    "Delivery",
    "Destination",
    "Frequency",
    "Kind",
    "Notification",
    "Reminder",
    "ReminderRecipient",
    "Status",
]
