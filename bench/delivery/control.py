"""The control: a job that posts to the sink, called by Celery's `apply_async(eta=…)`."""

from __future__ import annotations

import os

from celery import Celery

from bench.delivery.way import post

QUEUE = "bench-eta"
_url = os.environ["REDIS_URL"]
app = Celery(
    "bench",
    broker=_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host="),
)
app.conf.update(task_ignore_result=True, task_default_queue=QUEUE, timezone="UTC")


@app.task(name="bench.delivery.control.fire")
def fire(key: str, due: float) -> None:
    post(os.environ["BENCH_SINK"], key, due)
