"""The control of lateness.py: a job that notes how late Celery ran it."""

from __future__ import annotations

import time

from celery import Celery
from django.conf import settings

from config.web.valkey import valkey

KEY = "bench:eta"
app = Celery("bench", broker=settings.CELERY_BROKER_URL)
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, timezone="UTC")


@app.task(name="bench.eta.arrived")
def arrived(due: float) -> None:
    valkey().rpush(KEY, time.time() - due)
