"""One installation as `bin/up` runs it, with real servers of its own, and the sink beside it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.delivery.stock import Stock
from operations.data import DataFolder
from operations.embedded import running
from operations.postgres import Postgres
from operations.tests.running import Up, clean_environment, folder, free_port, up

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-P", "-m", "bench.delivery.up"]


class Sink:
    """The provider, in a process of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"http://127.0.0.1:{port}/s?"

    def ask(self, path: str) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request("GET", path)
            return json.loads(line.getresponse().read())
        finally:
            line.close()

    def count(self) -> int:
        return int(self.ask("/count"))

    def arrivals(self) -> Arrivals:
        return Arrivals([(key, due, at) for key, due, at in self.ask("/dump")])


@dataclass
class Arrivals:
    """What the sink noted; of a key that came twice the first time counts."""

    rows: list[tuple[str, float, float]]
    first: dict[str, tuple[float, float]] = field(init=False)

    def __post_init__(self) -> None:
        self.first = {}
        for key, due, at in self.rows:
            self.first.setdefault(key, (due, at))

    @property
    def duplicates(self) -> int:
        return len(self.rows) - len(self.first)

    @property
    def late(self) -> list[float]:
        return sorted(at - due for due, at in self.first.values())

    @property
    def rate(self) -> float:
        times = [at for _due, at in self.first.values()]
        return len(times) / (max(times) - min(times)) if len(times) > 1 else 0.0

    def at(self, percent: float) -> float:
        return percentile(self.late, percent)

    def narrowed(self, wanted: Callable[[str, float, float], bool]) -> Arrivals:
        return Arrivals([row for row in self.rows if wanted(*row)])


def percentile(values: list[float], percent: float) -> float:
    values = sorted(values)
    if not values:
        return float("nan")
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


@dataclass
class Town:
    up: Up
    sink: Sink
    stock: Stock
    postgres: Postgres

    def pid(self, name: str) -> int:
        return self.up.pids()[name]

    def cpu(self, *names: str) -> float:
        """CPU seconds of these processes and their children, or of all: site, workers, beat,
        PostgreSQL, Valkey and who watches over them.
        """
        if not names:
            return tree(psutil.Process(self.up.process.pid))
        return sum(tree(psutil.Process(self.pid(name))) for name in names)

    def wait(self, done: Callable[[], bool], seconds: float, every: float = 0.1) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(psycopg.OperationalError):
                if done():
                    return True
            time.sleep(every)
        return False

    def wait_until_planned(self, count: int, seconds: float) -> bool:
        return self.wait(
            lambda: self.stock.ask("SELECT count(*) FROM reminders_delivery") >= count, seconds, 0.5
        )

    def wait_until_decided(self, count: int, seconds: float) -> bool:
        """So many came to the sink, and then nothing is planned or under way any more. Until then
        the database is not asked: the question would be part of what is measured.
        """
        self.wait(lambda: self.sink.count() >= count, seconds, 0.2)
        return self.wait(
            lambda: (
                not self.stock.ask(
                    "SELECT EXISTS (SELECT FROM reminders_delivery"
                    " WHERE status = 'planned') OR EXISTS (SELECT FROM"
                    " reminders_reminder WHERE look_at < now() + interval '20 seconds')"
                )
            ),
            60,
            0.2,
        )

    def fresh(self) -> None:
        """Nothing is left of what was measured before."""
        self.stock.clear()
        self.sink.ask("/reset")

    def connect(self) -> None:
        """Again, after PostgreSQL was killed."""
        people = self.stock.connection
        with contextlib.suppress(psycopg.Error):
            people.close()
        self.stock.connection = self.postgres.connect()


def tree(root: psutil.Process) -> float:
    """With what ended children took, which the parent has waited for."""
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def sink() -> Iterator[Sink]:
    port = free_port()
    command = [sys.executable, "-P", "-m", "bench.delivery.sink", str(port)]
    with subprocess.Popen(command, env=clean_environment(), cwd=ROOT) as process:
        try:
            found = Sink(port)
            for _ in range(100):
                with contextlib.suppress(OSError):
                    found.count()
                    break
                time.sleep(0.05)
            yield found
        finally:
            process.terminate()


@contextmanager
def town(**variables: str) -> Iterator[Town]:
    """Everything runs and is filled with people; it is gone afterwards."""
    variables = {"LOG_LEVEL": "INFO", "RATE_LIMITS": "0"} | variables
    with (
        sink() as provider,
        folder() as data,
        up(COMMAND, data, BENCH_SINK=provider.address, **variables) as site,
    ):
        site.wait_until_ready()
        found = running(DataFolder(data), {})
        assert found is not None
        assert found[0].postgres is not None
        os.environ |= found[0].environment() | {"BENCH_SINK": provider.address}
        import django

        django.setup()
        stock = Stock(found[0].postgres.connect(), provider.address)
        yield Town(site, provider, stock, found[0].postgres)
