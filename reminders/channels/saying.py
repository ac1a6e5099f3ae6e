"""A message as plain text, in the words of its recipient."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone, translation

from config.web import words
from reminders.channels.base import Message
from reminders.wording import late_words


def plain_text(message: Message) -> str:
    """All but the title: what else it says, when it was due, how late it comes, where to click."""
    with translation.override(message.locale), timezone.override(message.time_zone):
        context = {
            "message": message,
            "late": late_words(message.late_by),
            "due": words.full(message.due_at),
        }
        return render_to_string("reminders/message.txt", context).strip()
