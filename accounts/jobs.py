"""What is swept away when its time is over."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import Replay

KEEP_REPLAYS = timedelta(hours=24)
log = structlog.get_logger("guildhall.accounts")


@shared_task(ignore_result=True)
def sweep() -> None:
    """Forget sessions that are over, and answers that nobody can ask for again."""
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    # Everybody's, so with the role that sees them.
    old = Replay.objects.using("system").filter(created_at__lt=now - KEEP_REPLAYS)
    replays, _ = old.delete()
    log.info("swept", sessions=sessions, replays=replays)
