"""What members can do to tags."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models.functions import Lower

from productivity.tags.models import Tag


def tags_named(names: Iterable[str]) -> list[Tag]:
    """The tags of these names, whatever their case, in this order; new ones are made."""
    wanted = _by_low([name.strip() for name in names if name.strip()])
    found = _found(wanted)
    missing = [Tag(name=name) for low, name in wanted.items() if low not in found]
    if missing:
        # Two who invent the same word at once share it.
        Tag.objects.bulk_create(missing, ignore_conflicts=True)
        found = _found(wanted)
    return [found[low] for low in wanted]


def _by_low(names: list[str]) -> dict[str, str]:
    """The names by their lower case as PostgreSQL has it: Python's differs for İ or a last Σ."""
    if all(name.isascii() for name in names):
        return {name.lower(): name for name in names}
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(name), name FROM unnest(%s::text[]) AS name", [names])
        return dict(cursor.fetchall())


def _found(wanted: Iterable[str]) -> dict[str, Tag]:
    rows = Tag.objects.annotate(low=Lower("name")).filter(low__in=list(wanted))
    return {tag.low: tag for tag in rows}
