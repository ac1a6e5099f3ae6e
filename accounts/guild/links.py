"""Rows that only join two others: who does a task, whom a reminder names, which words it has."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.guild.models import GuildOwned


def set_links(links: type[GuildOwned], field: str, wanted: Collection[UUID], **row: Any) -> bool:
    """Bring the links of `row` (named as there) to exactly these others; True when one changed.

    At most three queries. Who adds the same at once is no conflict.
    """
    column, to = f"{field}_id", set(wanted)
    there: set[UUID] = set(links.objects.filter(**row).values_list(column, flat=True))
    if gone := there - to:
        links.objects.filter(**row, **{f"{column}__in": gone}).delete()
    if new := to - there:
        rows = [links(**row, **{column: pk}) for pk in sorted(new)]
        links.objects.bulk_create(rows, ignore_conflicts=True)
    return there != to


def linked(links: type[GuildOwned], field: str, **row: Any) -> list[str]:
    """What the links of `row` lead to, sorted, as history keeps it: ids as text, or a column of
    the others by its path.
    """
    return sorted(str(value) for value in links.objects.filter(**row).values_list(field, flat=True))
