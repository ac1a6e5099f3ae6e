"""The schedule of beat, which stops ringing where nobody opens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django_celery_beat.schedulers import DatabaseScheduler

from config.web.valkey import ask, valkey

# Without workers beat would fill Valkey within days: nobody is there to throw away what is over.
MOST_WAITING = 100


class Doorbells(DatabaseScheduler):
    """Skips a job while a hundred others wait in its queue; it is asked for again next time."""

    def apply_async(self, entry: Any, *args: Any, **options: Any) -> Any:
        queue = entry.options.get("queue") or settings.CELERY_TASK_DEFAULT_QUEUE
        if _waiting(queue) >= MOST_WAITING:
            return None
        return super().apply_async(entry, *args, **options)


def _waiting(queue: str) -> int:
    """How many messages lie in the queue; 0 when Valkey does not say."""
    return ask(lambda: int(valkey().llen(queue)), 0, event="beat.uncounted")
