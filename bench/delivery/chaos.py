"""Processes die at random while reminders fall due; the seed says which and when.

.venv/bin/python -P -m bench.delivery.chaos --kills 100 --reminders 10000
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil
import psycopg

from bench.delivery.town import Town, town
from bench.delivery.way import SinkWay

# The engine's own, which cannot be read before there are settings.
LEASE = 8.0
GROUP = 32
IN_FLIGHT = SinkWay.concurrency
KINDS = [
    *["worker-deliver"] * 3,
    *["worker-work"] * 3,
    "beat",
    "web",
    "valkey",
    "flush",
    "postgres",
]
SEED = 3


@dataclass
class Ruin:
    """What was left when everything was over."""

    count: int
    kills: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    duplicates: int = 0
    p50: float = 0.0
    p99: float = 0.0
    most: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    boot_seconds: float = 6.0

    @property
    def bound(self) -> int:
        return (IN_FLIGHT + GROUP) * sum(self.kills.values())

    @property
    def is_exact(self) -> bool:
        wanted = {"inbox sent": self.count, "sink sent": self.count}
        return self.rows == wanted and not self.lost and not self.unknown

    @property
    def exactness(self) -> str:
        rows = ", ".join(f"{count:,} {name}" for name, count in sorted(self.rows.items()))
        return f"{self.lost} lost, {rows}, {dict(self.kills)}"


def run(town: Town, *, kills: int, count: int, apart: float, say: Callable[[str], None]) -> Ruin:
    """`count` reminders over the time in which `kills` processes are killed, `apart` seconds from
    each other.
    """
    chance = random.Random(SEED)
    town.fresh()
    spread = kills * apart + 5
    start = time.time() + 8
    town.stock.once(count, f"{start} + (g - 1) * {spread / count}")
    town.stock.settle()
    ruin = Ruin(count)
    while time.time() < start:
        time.sleep(0.05)
    kinds = [kind for _ in range(kills // len(KINDS) + 1) for kind in _shuffled(chance)][:kills]
    for number, kind in enumerate(kinds):
        time.sleep(chance.uniform(0.5 * apart, 1.5 * apart))
        strike(town, kind)
        ruin.kills[kind] += 1
        say(f"{number + 1} of {kills}: {kind}")
    end = time.monotonic() + max(0.0, start + spread - time.time()) + 120
    while time.monotonic() < end and not _is_over(town, count):
        time.sleep(0.5)
    came = town.sink.arrivals()
    ruin.lost, ruin.duplicates = count - len(came.first), came.duplicates
    ruin.p50, ruin.p99, ruin.most = came.at(50), came.at(99), came.late[-1]
    town.connect()
    ruin.rows = town.stock.states()
    ruin.unknown = max(0, len(came.first) - count)
    return ruin


def _shuffled(chance: random.Random) -> list[str]:
    """Each kind in its turn, so that a short run meets all of them too."""
    kinds = list(KINDS)
    chance.shuffle(kinds)
    return kinds


def _is_over(town: Town, count: int) -> bool:
    try:
        town.connect()
        return town.stock.states() == {"inbox sent": count, "sink sent": count}
    except psycopg.Error:
        return False


def strike(town: Town, kind: str) -> None:
    """Kill it as the kernel would when memory runs out, with all that it started."""
    if kind == "flush":
        flush(town)
        return
    with contextlib.suppress(KeyError, psutil.NoSuchProcess):
        process = psutil.Process(town.pid(kind))
        for one in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()


def flush(_town: Town) -> None:
    """Valkey forgets everything, doorbells, limits and all."""
    import redis

    from config.web.valkey import valkey

    with contextlib.suppress(redis.RedisError):
        valkey().flushall()


def kill_valkey(town: Town) -> None:
    strike(town, "valkey")


def freeze_workers(town: Town) -> None:
    """As if they were dead: nobody plans, nobody sends. They are started anew by `thaw`."""
    for name in ("worker-deliver", "worker-work"):
        os.kill(town.pid(name), signal.SIGSTOP)


def thaw_workers(town: Town) -> None:
    """New ones are started in their place; returns when both are ready."""
    before = town.up.words.count("is ready again")
    for name in ("worker-deliver", "worker-work"):
        os.kill(town.pid(name), signal.SIGKILL)
    town.up.wait_for("is ready again", 60, times=before + 2)


def main() -> int:
    """Prints what was left as JSON; 0 when nothing was lost and nothing came too often."""
    parser = argparse.ArgumentParser(prog="python -m bench.delivery.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--reminders", type=int, default=10_000)
    parser.add_argument("--apart", type=float, default=12.0, help="seconds between two kills")
    options = parser.parse_args()
    with town() as site:
        ruin = run(
            site,
            kills=options.kills,
            count=options.reminders,
            apart=options.apart,
            say=lambda words: print(words, file=sys.stderr, flush=True),
        )
    said = vars(ruin) | {"kills": dict(ruin.kills), "bound": ruin.bound}
    print(json.dumps(said))
    return int(not ruin.is_exact or ruin.duplicates > ruin.bound)


if __name__ == "__main__":
    sys.exit(main())
