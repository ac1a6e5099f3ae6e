"""What is swept away when its time is over, and letters on their way to the mail server."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.models.functions import Now
from django.utils import timezone

from accounts.letters import opened
from accounts.models import Letter, Replay
from accounts.secrets import InvalidToken
from config.web.mail import NotHandedOver, hand_over
from config.web.retry import pause_after

KEEP_REPLAYS = timedelta(hours=24)
# Longer than a mail server that answers at the last moment needs; then another worker may try.
CLAIM = """
UPDATE accounts_letter SET try_at = now() + interval '5 minutes' WHERE id = (
    SELECT id FROM accounts_letter WHERE try_at <= now() ORDER BY try_at, id
    FOR UPDATE SKIP LOCKED LIMIT 1
) RETURNING id, content, failures, now() - created_at
"""
log = structlog.get_logger("guildhall.accounts")


@shared_task(ignore_result=True)
def sweep() -> None:
    """Forget sessions that are over, and answers that nobody can ask for again."""
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    forgotten = UserSession.objects.exclude(session_key__in=Session.objects.values("pk"))
    forgotten.delete()
    # Everybody's, so with the role that sees them.
    old = Replay.objects.using("system").filter(created_at__lt=now - KEEP_REPLAYS)
    replays, _ = old.delete()
    log.info("swept", sessions=sessions, replays=replays)


@shared_task(ignore_result=True)
def hand_over_letters() -> None:
    """Hand over every letter whose time it is; after one that failed the others wait for the next
    round, since the same server would keep each of them as long.
    """
    is_going_well = True
    while is_going_well and (claimed := _claim()):
        is_going_well = _hand_over(*claimed)


def _claim() -> tuple[UUID, str, int, timedelta] | None:
    with connections["system"].cursor() as cursor:
        cursor.execute(CLAIM)
        row: tuple[UUID, str, int, timedelta] | None = cursor.fetchone()
        return row


def _hand_over(pk: UUID, content: str, failures: int, age: timedelta) -> bool:
    """Whether the next one may be tried at once. The logs name the letter and say nothing of it."""
    kept = Letter.objects.using("system").filter(pk=pk)
    lost = ""
    try:
        hand_over(opened(pk, content))
    except NotHandedOver as error:
        pause = None if error.for_good else pause_after(failures + 1, age=age)
        if pause:
            kept.update(failures=failures + 1, try_at=Now() + pause)
            log.warning("letter.delayed", letter=str(pk), reason=error.code)
            return False
        lost = error.code
    except InvalidToken:
        lost = "no_key"
    if lost:
        log.error("letter.lost", letter=str(pk), reason=lost)
    kept.delete()
    return True
