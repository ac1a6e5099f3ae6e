"""The base of every job that works in one household.

@guild_job
def tidy(work: Work, list_id: str) -> None:
    ...List.objects.get(pk=list_id)...

transaction.on_commit(lambda: tidy.delay(str(guild.pk), str(row.pk), member=str(by.pk)))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

import structlog
from celery import Task, shared_task
from django.utils import translation

from accounts.guild.scope import guild_scope
from accounts.history import acting_from
from accounts.models import Guild, Member, Source
from config.web.chosen import language_or

log = structlog.get_logger("guildhall.jobs")


@dataclass(frozen=True, slots=True)
class Work:
    """Where a job works, and for whom; without a member it sees what the household sees."""

    guild: Guild
    member: Member | None


def guild_job(work: Callable[Concatenate[Work, ...], None]) -> Task[Any, None]:
    """A Celery job that takes the guild's id first and runs inside its scope.

    Asked again when it runs: for a household that closed, or a member who left, nothing is done.
    """

    @shared_task(ignore_result=True, name=f"{work.__module__}.{work.__qualname__}")
    @wraps(work)
    def job(guild: str, *args: Any, member: str | None = None, **kwargs: Any) -> None:
        found = _found(UUID(guild), UUID(member) if member else None)
        if found is None:
            log.info("job.nobody", job=work.__name__, guild=guild, member=member)
            return
        who = found.member
        language = language_or(who.user.locale if who and who.user else "", found.guild.locale)
        with (
            translation.override(language),
            acting_from(Source.SYSTEM),
            guild_scope(found.guild.pk, who),
        ):
            work(found, *args, **kwargs)

    return job


def _found(guild: UUID, member: UUID | None) -> Work | None:
    """The open household and its member; None when either is gone."""
    with guild_scope(guild):
        home = Guild.objects.filter(pk=guild, deleted_at=None, is_active=True).first()
        people = Member.objects.present().select_related("user", "guild")
        who = people.filter(pk=member).first() if member else None
    return Work(home, who) if home and (who or not member) else None
