"""Whom an occurrence is for where its source says so: asked when it is planned, and again when it
is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from reminders.engine.eyes import through_eyes_of
from reminders.models import BY_SOURCE
from reminders.sources import source_of

if TYPE_CHECKING:
    from reminders.engine.plan import Due

log = structlog.get_logger("guildhall.engine")

People = Mapping[UUID, Collection[UUID]]


def addressed(rows: list[Due]) -> tuple[list[tuple[UUID, UUID]], set[UUID]]:
    """Pairs of reminder and member, of the reminders whose source names the members, and those
    whose source could not say; each kind of source is asked once for each maker.
    """
    groups: dict[tuple[UUID, UUID | None, str, str], list[Due]] = defaultdict(list)
    for row in rows:
        if row.audience in BY_SOURCE and row.source_id:
            groups[row.guild_id, row.maker_id, row.source_kind, row.audience].append(row)
    pairs: list[tuple[UUID, UUID]] = []
    unsaid: set[UUID] = set()
    for (guild, maker, kind, audience), group in groups.items():
        ids = list({row.source_id for row in group if row.source_id})
        with through_eyes_of(guild, maker, group[0].maker_user_id):
            found = people_of(kind, ids, audience)
        if found is None:
            unsaid |= {row.id for row in group}
            continue
        for row in group:
            assert row.source_id is not None
            pairs += [(row.id, member) for member in found.get(row.source_id, ())]
    return pairs, unsaid


def people_of(kind: str, ids: list[UUID], audience: str) -> People | None:
    """Whom the source names, within a scope; None where it cannot say, which holds nothing up."""
    source = source_of(kind)
    if source is None or audience not in source.audiences:
        return {}
    try:
        with transaction.atomic():
            return source.recipients(ids, audience)
    except (OperationalError, InterfaceError):
        raise  # the database is away: everybody waits
    except Exception:
        log.exception("source.failed", kind=kind)
        return None
