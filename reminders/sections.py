"""What reminders have to say in a morning summary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from config.web import words
from reminders.digests import MOST_LINES, Line
from reminders.models import Audience, Kind, Notification, Reminder, ReminderRecipient
from reminders.sources import entitle


class RemindersToday:
    label = _("Reminders today")
    place = 30

    def lines(self, member: Member, *, at: datetime) -> Sequence[Line]:
        """What comes to her until midnight, the next first."""
        tomorrow = timezone.localdate(at) + timedelta(days=1)
        end = datetime.combine(tomorrow, time.min, timezone.get_current_timezone())
        named = ReminderRecipient.objects.filter(reminder=OuterRef("pk"), member=member)
        rows = Reminder.objects.upcoming(at=at, until=end).filter(
            Q(audience=Audience.EVERYONE) | Exists(named)
        )
        found = list(rows[: MOST_LINES + 1])
        entitle(found)
        return [
            Line(
                row.title,
                reverse("reminders:detail", args=[member.guild.slug, row.pk]),
                words.clock(row.next_due_at),
            )
            for row in found
        ]


class Waiting:
    label = _("In your inbox")
    place = 40

    def lines(self, member: Member, *, at: datetime) -> Sequence[Line]:
        """What came and still wants her, but for summaries."""
        rows = Notification.objects.waiting().exclude(kind=Kind.DIGEST)
        inbox = reverse("reminders:inbox", args=[member.guild.slug])
        return [
            Line(row.title, row.url or inbox, words.since(row.arrived_at, now=at))
            for row in rows[: MOST_LINES + 1]
        ]
