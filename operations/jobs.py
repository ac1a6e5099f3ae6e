"""The signs of life of worker and beat, and what is done every night."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from celery.signals import beat_init, task_failure, task_success, worker_ready, worker_shutdown
from django.conf import settings
from django.utils import timezone

from config.env import env_str
from operations.backup import back_up_nightly
from operations.data import DataFolder
from operations.heartbeat import Pulse
from operations.models import Heartbeat

log = structlog.get_logger("guildhall.operations")
_pulses: list[Pulse] = []


def _start(pulse: Pulse) -> None:
    pulse.start()
    _pulses.append(pulse)


@worker_ready.connect
def worker_is_alive(sender: Any, **_: Any) -> None:
    queues = ",".join(sorted(sender.app.amqp.queues.consume_from))
    _start(Pulse(Heartbeat.Process.WORKER, queues))


@beat_init.connect
def beat_is_alive(**_: Any) -> None:
    _start(Pulse(Heartbeat.Process.BEAT))


@worker_shutdown.connect
def worker_ends(**_: Any) -> None:
    while _pulses:
        _pulses.pop().stop()


@task_success.connect
def job_is_done(sender: Any, **_: Any) -> None:
    for pulse in _pulses:
        pulse.count(sender.name, "done")


@task_failure.connect
def job_has_failed(sender: Any, **_: Any) -> None:
    for pulse in _pulses:
        pulse.count(sender.name, "failed")


@shared_task(ignore_result=True)
def back_up() -> None:
    """The backup of this night, once; beat asks for it all day, so that no night is missed."""
    data = DataFolder(settings.DATA_DIR)
    made = back_up_nightly(data, env_str("DATABASE_OWNER_URL"), at=timezone.now())
    if made:
        log.info("backup.made", name=made.name, size_bytes=made.stat().st_size)
