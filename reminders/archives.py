"""Reading what was archived, as if the rows were still there: one part of a month at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Sum

from accounts.models import Member
from reminders.models import Archive, Delivery, Destination, Notification, Reminder

Occurrence = list[Delivery]
Place = tuple[datetime, UUID]
Found = list[tuple[Place, Occurrence]]


def months() -> list[tuple[date, int]]:
    """The months that are archived for whoever is in scope, with how many occurrences, the latest
    first; one query. What the household was told counts, too.
    """
    rows = Archive.objects.values("month").annotate(count=Sum("occurrences")).order_by("-month")
    return [(row["month"], row["count"]) for row in rows]


def archived(
    month: date,
    *,
    of: Member,
    most: int,
    after: Place | None = None,
    matches: Callable[[Occurrence], bool] = lambda _one: True,
) -> tuple[list[Occurrence], Place | None]:
    """The deliveries of the latest occurrences of the month, with their notification and the names
    of their ways, and the place behind them.
    """
    found, place = _latest(
        month, lambda row: [one for one in _occurrences(row, of) if matches(one)], most, after
    )
    return _named(found), place


def archived_ways(
    month: date, *, of: Member, most: int, after: Place | None = None
) -> tuple[list[Delivery], Place | None]:
    """Its latest deliveries, each by itself, and the place behind them."""
    found, place = _latest(
        month, lambda row: [[way] for one in _occurrences(row, of) for way in one], most, after
    )
    return [way for [way] in _named(found)], place


def archived_on(start: datetime, end: datetime, *, month: date, of: Member) -> list[Occurrence]:
    """All that fell due between the two, the end excluded, the latest first."""
    parts = Archive.objects.filter(month=month, from_at__lt=end, until_at__gte=start)
    found: Found = []
    for part in parts.defer("entries"):
        found += _placed(one for one in _occurrences(part, of) if start <= one[0].due_at < end)
    return _named([one for _place, one in sorted(found, key=_place_of, reverse=True)])


def _latest(
    month: date,
    read: Callable[[Archive], Iterable[Occurrence]],
    most: int,
    after: Place | None,
) -> tuple[list[Occurrence], Place | None]:
    """No more of the parts are read than it takes, and none is kept; a query for each, and one."""
    parts = Archive.objects.filter(month=month)
    if after:
        parts = parts.filter(from_at__lte=after[0])
    found: Found = []
    for part in parts.defer("entries").order_by("-until_at", "-part", "id"):
        if len(found) > most and part.until_at < found[most][0][0]:
            break
        found += _placed(read(part), after)
        found = sorted(found, key=_place_of, reverse=True)[: most + 1]
    more = found[most - 1][0] if len(found) > most else None
    return [one for _place, one in found[:most]], more


def _placed(read: Iterable[Occurrence], after: Place | None = None) -> Found:
    placed = [((one[0].due_at, one[0].pk), one) for one in read]
    return [(place, one) for place, one in placed if after is None or place < after]


def _place_of(found: tuple[Place, Occurrence]) -> Place:
    return found[0]


def _named(found: list[Occurrence]) -> list[Occurrence]:
    """With the names of their ways, and none of their secrets; one query."""
    ways = [way for one in found for way in one if way.destination_id]
    destinations = Destination.objects.filter(pk__in={way.destination_id for way in ways})
    names = destinations.defer("secret", "signing_key").in_bulk() if ways else {}
    for way in ways:
        way._state.fields_cache["destination"] = names.get(way.destination_id)
    return found


def _seen(ids: set[Any]) -> set[Any]:
    """Those of the reminders that she may see: what the household was told of others stays away."""
    return set(Reminder.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _occurrences(row: Archive, of: Member) -> Iterator[Occurrence]:
    """Of one part, those that she may read."""
    found = list(_thawed_all(row, of))
    seen = _seen({one[0].reminder_id for one in found if one[0].notification is None})
    yield from (one for one in found if one[0].notification or one[0].reminder_id in seen)


def _thawed_all(row: Archive, of: Member) -> Iterator[Occurrence]:
    for entry in Archive.objects.values_list("entries", flat=True).get(pk=row.pk):
        ways = [_thawed(Delivery, way, of if row.member_id else None) for way in entry["ways"]]
        letter = _thawed(Notification, entry["letter"], of) if "letter" in entry else None
        reminder = None if letter else Reminder(message=entry.get("title") or "")
        for way in ways:
            way._state.fields_cache.update(notification=letter, reminder=reminder, destination=None)
        if ways:
            yield ways


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
