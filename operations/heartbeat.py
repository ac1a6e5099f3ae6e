"""Signs of life of worker and beat in the database, where /readyz and /metrics read them."""

from __future__ import annotations

import os
import socket
from collections import defaultdict
from threading import Event, Lock, Thread

import structlog
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from operations.models import Heartbeat
from operations.process import INSTANCE

log = structlog.get_logger("guildhall.heartbeat")


class Pulse:
    """A thread that says "alive" at once and from then on, with the jobs counted meanwhile."""

    def __init__(self, process: Heartbeat.Process, queues: str = "") -> None:
        self.process = process
        self.queues = queues
        self.instance = (
            os.environ.get(INSTANCE) or f"{process}-{socket.gethostname()}-{os.getpid()}"
        )
        self._stop = Event()
        self._lock = Lock()
        self._jobs: dict[str, dict[str, int]] = defaultdict(lambda: {"done": 0, "failed": 0})
        self._thread = Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(2)

    def count(self, job: str, outcome: str) -> None:
        with self._lock:
            self._jobs[job][outcome] += 1

    def _beat_on(self) -> None:
        while not self._stop.is_set():
            try:
                self.give_sign()
            except DatabaseError:
                # The next try gets a connection of its own.
                connection.close()
                log.warning("heartbeat.missed", process=str(self.process))
            self._stop.wait(Heartbeat.INTERVAL.total_seconds())
        self._say_goodbye()

    def give_sign(self) -> None:
        """The row of this run is fresh; rows of runs long gone are swept out with it."""
        old = Heartbeat.objects.filter(seen_at__lt=Now() - 60 * Heartbeat.FRESH)
        old.filter(process=self.process).delete()
        with self._lock:
            jobs = {name: dict(counts) for name, counts in self._jobs.items()}
        Heartbeat.objects.bulk_create(
            [
                Heartbeat(
                    instance=self.instance,
                    process=self.process,
                    queues=self.queues,
                    jobs=jobs,
                    seen_at=Now(),
                )
            ],
            update_conflicts=True,
            unique_fields=["instance"],
            update_fields=["process", "queues", "jobs", "seen_at"],
        )

    def _say_goodbye(self) -> None:
        try:
            Heartbeat.objects.filter(instance=self.instance).delete()
        except DatabaseError:
            log.info("heartbeat.stays", process=str(self.process))
        finally:
            connection.close()
