"""What did not come because nothing was planned: no row tells of it, so the rule and history do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import takewhile
from operator import and_
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Absence, Change, Member
from reminders.asking import Asked, stems
from reminders.models import Notification, Reminder
from reminders.recurrence import occurrences
from reminders.rules import Occurrence
from reminders.stories import Story

MOST = 20
MOST_TIMES = 3
VERBS = ["paused", "resumed", "deleted", "restored", "edited"]


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the reminders at an earlier time; three queries for all of them."""

    of: Member
    changes: dict[UUID, list[Change]]
    is_away: bool

    def why(self, reminder: Reminder, at: datetime) -> str:
        """The sentence for an occurrence of which there is no row."""
        if reminder.created_at > at:
            return _("The reminder was made after that time.")
        if self._was(reminder, at, "deleted", "restored", since=reminder.deleted_at):
            return _("Nothing was planned: the reminder was in the trash.")
        if self._was(reminder, at, "paused", "resumed", since=reminder.paused_at):
            return _("Nothing was planned: the reminder was paused.")
        if not self._was_named(reminder, at):
            return _("You were not among those whom it is for.")
        if self.is_away and not reminder.also_away:
            return _("You were away.")
        if any(change.created_at > at for change in self._of(reminder, "edited")):
            return _("The reminder was changed since; then it may have been for another time.")
        return _("Nothing was planned for you, and nothing tells why.")

    def _of(self, reminder: Reminder, *verbs: str) -> list[Change]:
        return [change for change in self.changes[reminder.pk] if change.verb in verbs]

    def _was(
        self, reminder: Reminder, at: datetime, verb: str, undo: str, *, since: datetime | None
    ) -> bool:
        """Whether the last such change before `at` was `verb`."""
        if since is not None and since <= at:
            return True
        before = [one for one in self._of(reminder, verb, undo) if one.created_at <= at]
        return bool(before) and before[-1].verb == verb

    def _was_named(self, reminder: Reminder, at: datetime) -> bool:
        later = [one for one in self._of(reminder, "edited") if one.created_at > at]
        for change in later:
            if "recipients" in (change.before or {}):
                return (
                    str(self.of.pk) in (change.before or {})["recipients"]
                    or (change.before or {}).get("audience") == "everyone"
                )
        named = [link.member_id for link in reminder.addressed.all()]
        return reminder.audience != "members" or self.of.pk in named


def unplanned(
    asked: Asked, *, of: Member, at: datetime, known: Collection[tuple[UUID | None, str]] = ()
) -> list[Story]:
    """Stories of what was to come on the day that is asked for and left no row for her, nor is
    among the `known`; five queries, none without a day that has begun.
    """
    if asked.day is None or asked.day > timezone.localdate(at):
        return []
    found = Reminder.objects.filter(_says(asked.words)).with_people().order_by("-created_at")
    expected = [
        (reminder, one) for reminder in found[:MOST] for one in _on(asked.day, reminder, at)
    ]
    rows = Notification.objects.filter(
        recipient=of, reminder__in=[reminder.pk for reminder, _one in expected]
    )
    there = set(
        rows.filter(slot__in=[one.slot for _r, one in expected]).values_list("reminder_id", "slot")
    )
    there |= set(known)
    missing = [pair for pair in expected if (pair[0].pk, pair[1].slot) not in there]
    past = _past([reminder for reminder, _one in missing], of, asked.day)
    told = [
        Story(one.due_at, past.why(reminder, one.due_at), "", reminder.title, slot=one.slot)
        for reminder, one in missing
    ]
    return sorted(told, key=lambda story: story.due_at, reverse=True)


def _says(words: Sequence[str]) -> Q:
    return reduce(and_, (Q(message__icontains=word) for word in stems(list(words))), Q())


def _on(day: date, reminder: Reminder, at: datetime) -> Iterator[Occurrence]:
    """The first few times of the reminder on this day of the reader's, as its rule is now."""
    start = datetime.combine(day, time.min, timezone.get_current_timezone())
    end = min(start + timedelta(days=1), at)
    rule = reminder.rule
    times = occurrences(rule, after=start - timedelta(microseconds=1))
    for number, one in enumerate(takewhile(lambda one: one.due_at < end, times)):
        if number == MOST_TIMES:
            break
        yield one


def _past(reminders: Sequence[Reminder], of: Member, day: date) -> Past:
    changes: dict[UUID, list[Change]] = defaultdict(list)
    ids = {reminder.pk for reminder in reminders}
    done = Change.objects.filter(kind="reminder", entity_id__in=ids, verb__in=VERBS)
    for change in done.order_by("created_at", "id"):
        changes[change.entity_id].append(change)
    away = Absence.objects.live().filter(member=of).touching(day, day)
    return Past(of, changes, away.exists())
