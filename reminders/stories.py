"""Why did I (not) get it? What became of occurrences, told to one member.

A story is one occurrence with every try of every way that leads to her, or to the household as a
whole. Of what others got, the maker of a reminder learns whether and when it came, nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Member
from config.web import words
from reminders.models import Cause, Channel, Delivery, Kind, Reminder, Status
from reminders.reasons import NOT_ME, Names, in_words
from reminders.wording import LATE

# A long break leaves eleven rows, and one that came.
LAST = 12
MOST_OTHERS = 300
# What somebody did herself with hers is not told to others.
HER_OWN = {"done", "snoozed", "woken", NOT_ME}
Occurrence = tuple[UUID | None, str]
Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the story; the tone is good, due or late."""

    at: datetime
    text: str
    detail: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Other:
    """Whether somebody else got it."""

    member: Member
    said: str
    tone: str = ""


@dataclass(slots=True)
class Story:
    """One occurrence: the verdict in a sentence, and how it came about."""

    due_at: datetime
    verdict: str
    tone: str
    title: str = ""
    url: str = ""
    slot: str = ""
    events: list[Event] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)


def stories(reminder: Reminder, *, of: Member) -> list[Story]:
    """The last occurrences of a reminder, the latest first; three queries, for its maker five."""
    told = tell(Delivery.objects.heads().filter(reminder=reminder)[:LAST])
    if reminder.created_by_id == of.pk:
        told = _with_others(told, reminder)
    return told


def tell(heads: Iterable[Delivery]) -> list[Story]:
    """A story for each of these first ways out; three queries, that of the heads included."""
    heads = list(heads)
    ways: dict[Occurrence, list[Delivery]] = defaultdict(list)
    own: dict[UUID, Occurrence] = {
        one.notification_id: _occurrence(one) for one in heads if one.notification_id
    }
    rows = Delivery.objects.with_ways()
    # Two, each along its index.
    found = [
        *rows.filter(notification__in=own),
        *rows.filter(
            notification=None,
            recipient=None,
            reminder__in={one.reminder_id for one in heads},
            occurrence__in={_occurrence(one)[1] for one in heads},
        ),
    ]
    for way in sorted(found, key=lambda way: (way.due_at, way.pk)):
        ways[own.get(way.notification_id) or (way.reminder_id, way.occurrence)].append(way)
    names = Names()
    return [_story(one, ways[_occurrence(one)], names) for one in heads]


def latest(
    rows: QuerySet[Delivery], *, of: Member, most: int, after: Place | None = None
) -> tuple[list[Delivery], Place | None]:
    """The first way out of the latest occurrences that these rows are of, and the place behind
    them; two queries, each along its index: hers, and the household's.
    """
    if after:
        at, pk = after
        rows = rows.filter(Q(due_at__lt=at) | Q(due_at=at, id__lt=pk), due_at__lte=at)
    found = [
        one
        for whose in (of, None)
        for one in rows.heads().filter(recipient=whose)[: most + 1]  # type: ignore[attr-defined]
    ]
    found.sort(key=lambda one: (one.due_at, one.pk), reverse=True)
    last = found[most - 1] if len(found) > most else None
    return found[:most], (last.due_at, last.pk) if last else None


def told_again(found: Iterable[Sequence[Delivery]]) -> list[Story]:
    """The stories of occurrences that were archived."""
    names = Names()
    return [_story(ways[0], ways, names) for ways in found]


def _occurrence(one: Delivery) -> Occurrence:
    if one.notification is None:
        return one.reminder_id, one.occurrence or ""
    # Of what has no reminder each letter stands for itself.
    return one.reminder_id, one.notification.slot or str(one.notification_id)


def _story(head: Delivery, ways: Sequence[Delivery], names: Names) -> Story:
    row, reminder = head.notification, head.reminder
    story = Story(head.due_at, *verdict(ways, names))
    story.slot = row.slot if row else head.occurrence or ""
    story.title = row.title if row else reminder.title if reminder else ""
    if row and not story.title:
        # Of what was only planned.
        story.title = str(Kind(row.kind).label)
    story.url = row.url if row else ""
    because = row.get_because_display() if row and row.because else ""
    story.events = [Event(head.due_at, _("Due"), because)]
    for one in ways:
        story.events += _events(one, names)
    if row and row.read_at:
        story.events.append(Event(row.read_at, _("You looked at it"), tone="good"))
    if row and row.done_at:
        story.events.append(Event(row.done_at, _("You said it is done"), tone="good"))
    if row and row.closed_at and row.closed_reason == NOT_ME:
        story.events.append(Event(row.closed_at, _("You said it is not for you")))
    story.events.sort(key=lambda event: event.at)
    return story


def verdict(ways: Iterable[Delivery], names: Names | None = None) -> tuple[str, str]:
    """The sentence and its tone: what came to her inbox counts, else what the household heard."""
    ways = list(ways)
    first = next((one for one in ways if one.channel == Channel.INBOX), None)
    if first is None:
        if any(one.status == Status.SENT for one in ways):
            return _("It went to the household, not to you."), ""
        if all(one.status == Status.PLANNED for one in ways):
            return _("It is about to come."), ""
        why = next((in_words(one.reason, names) for one in ways if one.reason), "")
        return _("The household did not get it. %(why)s") % {"why": why}, "late"
    if first.status == Status.SENT:
        late_by = first.late_by or timedelta()
        if late_by >= LATE:
            return _("You got it, %(span)s late.") % {"span": words.lasting(late_by)}, "due"
        return _("You got it on time."), "good"
    if first.status in (Status.SKIPPED, Status.FAILED):
        return _("You did not get it. %(why)s") % {"why": in_words(first.reason, names)}, "late"
    return _("It is about to come."), ""


def _events(one: Delivery, names: Names) -> list[Event]:
    way = _way(one)
    events = [_attempt(one, way, tried, names) for tried in one.attempts]
    tried_last = events and one.attempts[-1]["outcome"] not in ("passing", "waits")
    if one.status == Status.SKIPPED and not tried_last:
        not_sent = _("%(way)s: not sent") % {"way": way}
        at = events[-1].at if events else one.due_at
        events.append(Event(at, not_sent, in_words(one.reason, names)))
    if one.status == Status.PLANNED and one.attempts:
        events.append(Event(one.try_at, _("%(way)s: the next try") % {"way": way}, tone="due"))
    return events


def _way(one: Delivery) -> str:
    """E-mail · Kitchen display · E-mail (asked again)"""
    destination = one.destination
    way = (destination.name if destination else "") or str(Channel(one.channel).label)
    if one.cause == Cause.FIRST:
        return way
    return _("%(way)s (%(why)s)") % {"way": way, "why": str(Cause(one.cause).label).lower()}


def _attempt(one: Delivery, way: str, tried: dict[str, Any], names: Names) -> Event:
    at = datetime.fromisoformat(tried["at"])
    reason = in_words(tried.get("reason", ""), names)
    match tried["outcome"]:
        case "sent" if one.channel == Channel.INBOX:
            return Event(at, _("It came into your inbox"), _late(one, at), "good")
        case "sent":
            return Event(at, _("%(way)s: sent") % {"way": way}, _late(one, at), "good")
        case "passing":
            return Event(at, _("%(way)s: not now, tried again later") % {"way": way}, reason, "due")
        case "waits":
            return Event(at, _("%(way)s: waits") % {"way": way}, reason)
        case "lost":
            return Event(at, _("%(way)s: taken over") % {"way": way}, reason, "due")
        case "skipped":
            return Event(at, _("%(way)s: not sent") % {"way": way}, reason)
        case "again":
            return Event(at, _("%(way)s: staff let it be tried again") % {"way": way}, tone="due")
    return Event(at, _("%(way)s: given up") % {"way": way}, reason, "late")


def _late(one: Delivery, at: datetime) -> str:
    if at - one.due_at < LATE:
        return ""
    return _("%(span)s late") % {"span": words.lasting(at - one.due_at)}


def _with_others(told: list[Story], reminder: Reminder) -> list[Story]:
    """The stories with who of the others got it, also of occurrences that were not for her."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM reminders_others(%s, %s)", [reminder.pk, MOST_OTHERS])
        rows = cursor.fetchall()
    people = {one.pk: one for one in Member.objects.filter(pk__in={row[2] for row in rows})}
    names = Names((str(pk), one.nickname) for pk, one in people.items())
    by_slot = {story.slot: story for story in told}
    for slot, due_at, recipient, status, reason, sent_at in rows:
        if slot not in by_slot:
            verdict = _("It was not for you.")
            by_slot[slot] = Story(due_at, verdict, "", reminder.title, slot=slot)
        if recipient in people:
            other = Other(people[recipient], *_outcome(due_at, status, reason, sent_at, names))
            by_slot[slot].others.append(other)
    return sorted(by_slot.values(), key=lambda story: story.due_at, reverse=True)[:LAST]


def _outcome(
    due_at: datetime, status: str, reason: str, sent_at: datetime | None, names: Names
) -> tuple[str, str]:
    """got it on time · got it 3 minutes late · did not get it: … · is about to get it"""
    if sent_at:
        if sent_at - due_at < LATE:
            return _("got it on time"), "good"
        return _("got it %(span)s late") % {"span": words.lasting(sent_at - due_at)}, "due"
    if status in (Status.SKIPPED, Status.FAILED):
        why = "" if reason in HER_OWN else in_words(reason, names)
        return _("did not get it. %(why)s") % {"why": why}, "late"
    return _("is about to get it"), ""
