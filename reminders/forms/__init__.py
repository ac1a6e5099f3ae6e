"""What a member may type of a reminder: when.py and whom.py make up the form of reminder.py."""

from reminders.forms.reminder import ReminderForm
from reminders.forms.when import BEFORE, WEEK, WIDEST

__all__ = ["BEFORE", "WEEK", "WIDEST", "ReminderForm"]
