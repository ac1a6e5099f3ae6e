"""Why did I (not) get it? What became of a reminder's last occurrences, told to one recipient."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Member
from config.web import words
from reminders.models import Channel, Delivery, Notification, Reminder, Status
from reminders.reasons import in_words
from reminders.wording import LATE

# A long break leaves eleven rows, and one that came.
LAST = 12


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the story; the tone is good, due or late."""

    at: datetime
    text: str
    detail: str = ""
    tone: str = ""


@dataclass(slots=True)
class Story:
    """One occurrence: the verdict in a sentence, and how it came about."""

    due_at: datetime
    verdict: str
    tone: str
    events: list[Event] = field(default_factory=list)


def stories(reminder: Reminder, *, of: Member) -> list[Story]:
    """The last occurrences, the latest first; two queries."""
    rows = list(Notification.objects.filter(reminder=reminder, recipient=of).order_by("-id")[:LAST])
    ways: dict[UUID, list[Delivery]] = defaultdict(list)
    for one in Delivery.objects.filter(notification__in=rows).order_by("due_at", "id"):
        assert one.notification_id is not None
        ways[one.notification_id].append(one)
    return [_story(row, ways[row.pk]) for row in rows]


def _story(row: Notification, ways: list[Delivery]) -> Story:
    due_at = min((one.due_at for one in ways), default=row.due_at or row.created_at)
    story = Story(due_at, *_verdict(ways))
    story.events = [Event(due_at, _("Due"))]
    for one in ways:
        story.events += _events(one)
    if row.read_at:
        story.events.append(Event(row.read_at, _("You looked at it"), tone="good"))
    if row.done_at:
        story.events.append(Event(row.done_at, _("You said it is done"), tone="good"))
    story.events.sort(key=lambda event: event.at)
    return story


def _verdict(ways: list[Delivery]) -> tuple[str, str]:
    first = next((one for one in ways if one.channel == Channel.INBOX), None)
    if first and first.status == Status.SENT:
        late_by = first.late_by or timedelta()
        if late_by >= LATE:
            return _("You got it, %(span)s late.") % {"span": words.lasting(late_by)}, "due"
        return _("You got it on time."), "good"
    if first and first.status == Status.SKIPPED:
        return _("You did not get it. %(why)s") % {"why": in_words(first.reason)}, "late"
    return _("It is about to come."), ""


def _events(one: Delivery) -> list[Event]:
    way = str(Channel(one.channel).label)
    events = [_attempt(one, way, tried) for tried in one.attempts]
    if one.status == Status.SKIPPED and not events:
        not_sent = _("%(way)s: not sent") % {"way": way}
        events.append(Event(one.due_at, not_sent, in_words(one.reason)))
    if one.status == Status.PLANNED and one.attempts:
        events.append(Event(one.try_at, _("%(way)s: the next try") % {"way": way}, tone="due"))
    return events


def _attempt(one: Delivery, way: str, tried: dict[str, Any]) -> Event:
    at = datetime.fromisoformat(tried["at"])
    reason = in_words(tried.get("reason", ""))
    match tried["outcome"]:
        case "sent" if one.channel == Channel.INBOX:
            return Event(at, _("It came into your inbox"), tone="good")
        case "sent":
            return Event(at, _("%(way)s: sent") % {"way": way}, tone="good")
        case "passing":
            return Event(at, _("%(way)s: not now, tried again later") % {"way": way}, reason, "due")
        case "lost":
            return Event(at, _("%(way)s: taken over") % {"way": way}, reason, "due")
        case "skipped":
            return Event(at, _("%(way)s: not sent") % {"way": way}, reason)
    return Event(at, _("%(way)s: given up") % {"way": way}, reason, "late")
