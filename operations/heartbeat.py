"""Signs of life of worker and beat in the database, where /readyz reads them."""

from __future__ import annotations

import os
import socket
from threading import Event, Thread

import structlog
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from operations.models import Heartbeat
from operations.process import INSTANCE

log = structlog.get_logger(__name__)


def start_beating(process: Heartbeat.Process, queues: str = "") -> Event:
    """A thread gives a sign of life at once and from then on; it ends when the event is set."""
    stop = Event()
    Thread(target=_beat_on, args=(process, queues, stop), name="heartbeat", daemon=True).start()
    return stop


def _beat_on(process: Heartbeat.Process, queues: str, stop: Event) -> None:
    instance = os.environ.get(INSTANCE) or f"{process}-{socket.gethostname()}-{os.getpid()}"
    while True:
        try:
            give_sign(process, instance, queues)
        except DatabaseError:
            # The next try gets a connection of its own.
            connection.close()
            log.warning("heartbeat.missed", process=str(process))
        if stop.wait(Heartbeat.INTERVAL.total_seconds()):
            Heartbeat.objects.filter(instance=instance).delete()
            connection.close()
            return


def give_sign(process: Heartbeat.Process, instance: str, queues: str) -> None:
    """The row of this run is fresh; rows of runs long gone are swept out with it."""
    Heartbeat.objects.filter(process=process, seen_at__lt=Now() - 60 * Heartbeat.FRESH).delete()
    Heartbeat.objects.bulk_create(
        [Heartbeat(instance=instance, process=process, queues=queues, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["instance"],
        update_fields=["process", "queues", "seen_at"],
    )
