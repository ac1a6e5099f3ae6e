"""What beat rings, in a real Valkey that nobody empties."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from kombu.utils.imports import symbol_by_name

from config.celery import app
from config.web.valkey import valkey
from operations.doorbells import MOST_WAITING

SCHEDULE: Any = settings.CELERY_BEAT_SCHEDULE
QUEUES = {entry["task"]: entry["options"]["queue"] for entry in SCHEDULE.values()}


def test_a_queue_that_nobody_empties_does_not_grow_for_ever(committed: None) -> None:
    beat = symbol_by_name(settings.CELERY_BEAT_SCHEDULER)(app=app)
    entries = [entry for entry in beat.schedule.values() if entry.task in QUEUES]
    assert len(entries) == len(QUEUES)
    for entry in entries:
        queue = QUEUES[entry.task]
        valkey().delete(queue)
        for _ in range(MOST_WAITING + 5):
            beat.apply_async(entry, producer=beat.producer, advance=False)
        assert valkey().llen(queue) == MOST_WAITING
        # One was heard: there is room for one again.
        valkey().lpop(queue)
        for _ in range(2):
            beat.apply_async(entry, producer=beat.producer, advance=False)
        assert valkey().llen(queue) == MOST_WAITING
