"""Where worker and beat begin: their signs of life."""

from __future__ import annotations

from threading import Event
from typing import Any

from celery.signals import beat_init, worker_ready, worker_shutdown

from operations.heartbeat import start_beating
from operations.models import Heartbeat

_beating: list[Event] = []


@worker_ready.connect
def worker_is_alive(sender: Any, **_: Any) -> None:
    queues = ",".join(sorted(sender.app.amqp.queues.consume_from))
    _beating.append(start_beating(Heartbeat.Process.WORKER, queues))


@beat_init.connect
def beat_is_alive(**_: Any) -> None:
    _beating.append(start_beating(Heartbeat.Process.BEAT))


@worker_shutdown.connect
def worker_ends(**_: Any) -> None:
    for stop in _beating:
        stop.set()
