"""What members can do to tags."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models.functions import Lower

from productivity.tags.models import Tag


def tags_named(names: Iterable[str]) -> list[Tag]:
    """The tags of these names, whatever their case, in this order; new ones are made.

    How a word is spelled first is how it stays, unless nobody here can have seen it: a spelling
    of one's own that comes back as another's would tell of her private rows.
    """
    wanted = _by_low([name.strip() for name in names if name.strip()])
    found = _found(wanted)
    missing = [Tag(name=name) for low, name in wanted.items() if low not in found]
    if missing:
        # Two who invent the same word at once share it.
        Tag.objects.bulk_create(missing, ignore_conflicts=True)
        found = _found(wanted)
    _respell({low: tag for low, tag in found.items() if tag.name != wanted[low]}, wanted)
    return [found[low] for low in wanted]


def _by_low(names: list[str]) -> dict[str, str]:
    """The names by their lower case as PostgreSQL has it: Python's differs for İ or a last Σ."""
    if all(name.isascii() for name in names):
        return {name.lower(): name for name in names}
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(name), name FROM unnest(%s::text[]) AS name", [names])
        return dict(cursor.fetchall())


def _respell(tags: dict[str, Tag], wanted: dict[str, str]) -> None:
    if not tags:
        return
    pks = [tag.pk for tag in tags.values()]
    seen = set(Tag.objects.in_sight().filter(pk__in=pks).values_list("pk", flat=True))
    for low, tag in tags.items():
        if tag.pk not in seen:
            tag.name = wanted[low]
            tag.save(update_fields=["name"])


def _found(wanted: Iterable[str]) -> dict[str, Tag]:
    rows = Tag.objects.annotate(low=Lower("name")).filter(low__in=list(wanted))
    return {tag.low: tag for tag in rows}
