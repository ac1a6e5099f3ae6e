"""Reading what was archived, as if the rows were still there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Sum

from accounts.models import Member
from reminders.models import Archive, Delivery, Destination, Notification, Reminder

Occurrence = list[Delivery]


def months() -> list[tuple[date, int]]:
    """The months that are archived for whoever is in scope, with how many occurrences, the latest
    first; one query. What the household was told counts, too.
    """
    rows = Archive.objects.values("month").annotate(count=Sum("occurrences")).order_by("-month")
    return [(row["month"], row["count"]) for row in rows]


def archived(month: date, *, of: Member) -> list[Occurrence]:
    """The deliveries of each occurrence of the month, the latest first, with their notification
    and the names of their ways; three queries.
    """
    rows = Archive.objects.filter(month=month).order_by("member")
    found = [one for row in rows for one in _occurrences(row, of)]
    ways = [way for one in found for way in one if way.destination_id]
    destinations = Destination.objects.filter(pk__in={way.destination_id for way in ways})
    names = destinations.defer("secret", "signing_key").in_bulk() if ways else {}
    for way in ways:
        way._state.fields_cache["destination"] = names.get(way.destination_id)
    seen = _seen({one[0].reminder_id for one in found if one[0].notification is None})
    readable = [one for one in found if one[0].notification or one[0].reminder_id in seen]
    return sorted(readable, key=lambda one: (one[0].due_at, one[0].pk), reverse=True)


def _seen(ids: set[Any]) -> set[Any]:
    """Those of the reminders that she may see: what the household was told of others stays away."""
    return set(Reminder.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _occurrences(row: Archive, of: Member) -> Iterator[Occurrence]:
    of_household: dict[Any, Occurrence] = {}
    for entry in row.entries:
        ways = [_thawed(Delivery, way, of if row.member_id else None) for way in entry["ways"]]
        letter = _thawed(Notification, entry["letter"], of) if "letter" in entry else None
        reminder = None if letter else Reminder(message=entry.get("title") or "")
        for way in ways:
            way._state.fields_cache.update(notification=letter, reminder=reminder, destination=None)
        if letter and ways:
            yield ways
        # Two batches may have moved parts of one.
        for way in () if letter else ways:
            of_household.setdefault((way.reminder_id, way.occurrence), []).append(way)
    yield from of_household.values()


def _thawed(model: type[models.Model], kept: dict[str, Any], whose: Member | None) -> Any:
    """The row as it was; what has come to the table since has its usual value."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    said = {name: fields[name].to_python(kept[name]) for name in fields.keys() & kept.keys()}
    return model(**said | {"recipient_id": whose.pk if whose else None})


def occurrence_of(one: Sequence[Delivery]) -> tuple[UUID | None, str]:
    """The reminder and the slot."""
    letter = one[0].notification
    return one[0].reminder_id, letter.slot if letter else one[0].occurrence or ""


def words_of(one: Sequence[Delivery]) -> str:
    """What an occurrence says, in lower case, to look for words in it."""
    letter, reminder = one[0].notification, one[0].reminder
    said = f"{letter.title} {letter.body}" if letter else reminder.message if reminder else ""
    return said.lower()
