from __future__ import annotations

from reminders.forms.when import WhenForm
from reminders.forms.whom import WhomForm


class ReminderForm(WhenForm, WhomForm):
    """All that a reminder is."""
