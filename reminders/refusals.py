"""Telling the maker of a reminder that somebody whom it was for says: not me.

It goes into the maker's inbox alone, through the functions of migration `0014_not_me`: row
security hides other members' inboxes, and a private reminder, from whoever says so.
"""

from __future__ import annotations

from django.db import connection
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Member
from config.web.chosen import language_or
from config.web.live import publish
from reminders.models import Notification


def tell_maker(notification: Notification, *, by: Member) -> bool:
    """Let it come into the maker's inbox in a moment; False when she is the maker herself, or
    whoever made it is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT locale FROM reminders_maker_of(%s)", [notification.pk])
        if not (found := cursor.fetchone()):
            return False
        with translation.override(language_or(found[0], by.guild.locale)):
            title = _("%(name)s says: “%(title)s” is not for me") % {
                "name": by.name,
                "title": notification.title,
            }
        url = reverse("reminders:detail", args=[by.guild.slug, notification.reminder_id])
        cursor.execute(
            "SELECT reminders_tell_maker(%s, %s, %s)", [notification.pk, _shorten(title), url]
        )
    return True


def untell_maker(notification: Notification) -> None:
    """Withdraw what the maker was told."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT notification, recipient FROM reminders_untell_maker(%s)", [notification.pk]
        )
        for row, recipient in cursor.fetchall():
            publish("inbox", row, guild=notification.guild_id, member=recipient)


def _shorten(title: str) -> str:
    return title if len(title) <= 255 else f"{title[:254]}…"
