"""One load at a time: what came, how late, and what it cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from bench.delivery.town import ROOT, Arrivals, Town, tree
from operations.tests.running import clean_environment

CONTROL = ["worker", "-c", "2", "--without-gossip", "--without-mingle", "--loglevel", "ERROR"]


@dataclass
class Load:
    arrivals: Arrivals
    count: int
    cpu_seconds: float
    rows: dict[str, int]

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_seconds / self.count

    @property
    def lost(self) -> int:
        return self.count - len(self.arrivals.first)

    @property
    def is_exact(self) -> bool:
        """One inbox row and one message each, all sent, none twice."""
        wanted = {"inbox sent": self.count, "sink sent": self.count}
        return self.rows == wanted and not self.lost and not self.arrivals.duplicates

    def __str__(self) -> str:
        late = f"late p50 {self.arrivals.at(50):.3f} s, p99 {self.arrivals.at(99):.3f} s"
        exact = "" if self.is_exact or not self.rows else f" ROWS {self.rows}"
        return (
            f"{late}, {self.arrivals.rate:,.0f}/s, {self.cpu_ms:.2f} cpu-ms, lost {self.lost},"
            f" twice {self.arrivals.duplicates}{exact}"
        )


Act = Callable[[Town], None]


def ours(
    town: Town,
    count: int,
    *,
    apart: float = 0.0,
    patience: float = 120,
    keep: bool = False,
    meanwhile: Sequence[tuple[float, Act]] = (),
) -> Load:
    """`count` reminders of one second (or so far apart), planned before it begins. `meanwhile`
    says what else happens so many seconds after the first is due; `keep` leaves what is stored.
    """
    if not keep:
        town.fresh()
    # Long enough that planning is over when the first is due.
    start = float(int(time.time() + 12 + count / 400)) if not apart else time.time() + 12
    town.stock.once(count, f"{start} + (g - 1) * {apart}")
    town.stock.settle()
    if not apart:
        town.wait_until_planned(2 * count, start - time.time() - 1)
    sleep_until(start)
    before = town.cpu()
    for seconds, act in meanwhile:
        sleep_until(start + seconds)
        act(town)
    town.wait_until_decided(count, count * apart + patience)
    return Load(town.sink.arrivals(), count, town.cpu() - before, town.stock.states())


def control(town: Town, count: int, *, apart: float = 0.0, patience: float = 120) -> Load:
    """The same from Celery's `apply_async(eta=…)`, two processes, on the same Valkey."""
    from bench.delivery.control import app, fire

    town.fresh()
    app.control.purge()
    command = [sys.executable, "-P", "-m", "celery", "-A", "bench.delivery.control", *CONTROL]
    # Plain Celery, without Django.
    environment = clean_environment() | {
        name: os.environ[name] for name in ("REDIS_URL", "BENCH_SINK")
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet) as worker:
        try:
            time.sleep(6)
            start = float(int(time.time() + 8 + count / 700))
            for g in range(count):
                due = start + g * apart
                fire.apply_async((f"e{g}", due), eta=datetime.fromtimestamp(due, UTC))
            sleep_until(start)
            meters = [psutil.Process(worker.pid), psutil.Process(town.pid("valkey"))]
            before = sum(map(tree, meters))
            town.wait(lambda: town.sink.count() >= count, count * apart + patience)
            cpu = sum(map(tree, meters)) - before
        finally:
            worker.terminate()
            worker.wait(30)
    return Load(town.sink.arrivals(), count, cpu, {})


def sleep_until(at: float) -> None:
    while (rest := at - time.time()) > 0:
        time.sleep(min(rest, 0.5))
