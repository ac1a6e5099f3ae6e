"""One function a gate: what was measured, beside what is wanted."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from bench.delivery import chaos, load
from bench.delivery.town import ROOT, Town, percentile, town
from operations.tests.running import clean_environment


@dataclass(frozen=True)
class Size:
    """How much of everything; the figures of the gates unless said otherwise."""

    reminders: int = 10_000
    rounds: int = 3
    idle: int = 200
    seconds: int = 30
    kills: int = 100
    # Seconds between two: longer than it takes to start a worker again, the pause before included.
    apart: int = 12
    stored: int = 1_000_000


@dataclass(frozen=True)
class Line:
    gate: str
    wanted: str
    measured: str
    is_met: bool


Measured = list[Line]


def idle(site: Town, size: Size) -> Measured:
    """Gate 1: one every 0.37 s."""
    found = load.ours(site, size.idle, apart=0.37)
    p50, p99 = found.arrivals.at(50), found.arrivals.at(99)
    return [
        Line(
            "1 idle: late p50 / p99",
            "<= 0.15 / 0.5 s, exact",
            str(found),
            p50 <= 0.15 and p99 <= 0.5 and found.is_exact,
        )
    ]


def burst(site: Town, size: Size) -> Measured:
    """Gates 2 and 3: all due in one second, against the control, in turn."""
    mine: list[load.Load] = []
    other: list[load.Load] = []
    for number in range(size.rounds):
        mine.append(load.ours(site, size.reminders))
        note(f"round {number + 1}, Guildhall: {mine[-1]}")
        other.append(load.control(site, size.reminders))
        note(f"round {number + 1}, control:   {other[-1]}")
    exact = all(one.is_exact for one in mine)

    def middle(rows: list[load.Load], pick: Callable[[load.Load], float]) -> float:
        return statistics.median(pick(one) for one in rows)

    def ratio(pick: Callable[[load.Load], float]) -> float:
        return statistics.median(pick(a) / pick(b) for a, b in zip(mine, other, strict=True))

    p50, p99 = middle(mine, lambda o: o.arrivals.at(50)), middle(mine, lambda o: o.arrivals.at(99))
    rate, cost = middle(mine, lambda o: o.arrivals.rate), middle(mine, lambda o: o.cpu_ms)
    faster = ratio(lambda o: o.arrivals.rate)
    cheaper, sooner = ratio(lambda o: o.cpu_ms), ratio(lambda o: o.arrivals.at(99))
    what = f"{size.reminders:,} due in one second"
    return [
        Line(
            f"2 {what}: late p50 / p99",
            "<= 2 / 4 s, exact",
            f"{p50:.2f} / {p99:.2f} s{'' if exact else ', ROWS NOT EXACT'}",
            p50 <= 2 and p99 <= 4 and exact,
        ),
        Line("2 p99 against the control", "<= 0.5 x", f"{sooner:.2f} x", sooner <= 0.5),
        Line("3 rate", ">= 2,500/s", f"{rate:,.0f}/s", rate >= 2500),
        Line("3 rate against the control", ">= 2.5 x", f"{faster:.2f} x", faster >= 2.5),
        Line("3 CPU each", "<= 0.5 ms", f"{cost:.2f} ms", cost <= 0.5),
        Line("3 CPU against the control", "<= 0.6 x", f"{cheaper:.2f} x", cheaper <= 0.6),
    ]


def sustained(site: Town, size: Size) -> Measured:
    """Gate 4: a thousand a second."""
    found = load.ours(site, 1000 * size.seconds, apart=0.001)
    p50, p99 = found.arrivals.at(50), found.arrivals.at(99)
    return [
        Line(
            f"4 1,000/s for {size.seconds} s: late p50 / p99",
            "<= 0.2 / 1 s, exact",
            str(found),
            p50 <= 0.2 and p99 <= 1 and found.is_exact,
        )
    ]


def slow(site: Town, size: Size) -> Measured:
    """Gate 5: a provider that takes 200 ms, 128 sends in flight."""
    site.stock.redirect(f"{site.sink.address}wait=0.2")
    try:
        found = load.ours(site, size.reminders)
    finally:
        site.stock.redirect(site.sink.address)
    last = found.arrivals.late[-1]
    wanted = 30 * size.reminders / 10_000
    return [
        Line(
            f"5 {size.reminders:,} due, 200 ms a send, 128 at once: the last after",
            f"<= {wanted:g} s, exact",
            f"{last:.1f} s (ideal {size.reminders * 0.2 / 128:.1f} s)",
            last <= wanted and found.is_exact,
        )
    ]


def killed(site: Town, size: Size) -> Measured:
    """Gate 6: every kind of process, killed at random."""
    found = chaos.run(site, kills=size.kills, count=size.reminders, apart=size.apart, say=note)
    return [
        Line(f"6 {size.kills} x kill -9: lost, rows", "0, exact", found.exactness, found.is_exact),
        Line(
            "6 twice, all with the same key",
            f"<= {found.bound} ({chaos.IN_FLIGHT} in flight + {chaos.GROUP} a kill), mean <= 1",
            f"{found.duplicates} in all, {found.duplicates / max(1, size.kills):.2f} a kill",
            found.duplicates <= size.kills,
        ),
        Line("6 late p99", "<= 5 s", f"{found.p99:.2f} s", found.p99 <= 5),
        Line(
            "6 late at most",
            f"<= {chaos.LEASE + 5:.0f} s + boot of a worker",
            f"{found.most:.2f} s",
            found.most <= chaos.LEASE + 5 + found.boot_seconds,
        ),
    ]


def beats(site: Town, size: Size) -> Measured:
    """Gate 7: four more beats, two more workers that plan and send."""
    command = [sys.executable, "-P", "-m", "celery", "-A", "bench.delivery.worker"]
    more = [["beat", "--pidfile=", "-s", "/dev/null"]] * 4
    more += [
        ["worker", "--pool", "threads", "-c", "2", "-Q", "deliver", "-n", f"more{n}@%h"]
        for n in range(2)
    ]
    environment = clean_environment() | dict(os.environ)
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, *words],
                    cwd=ROOT,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            for words in more
        ]
        time.sleep(8)
        count = size.reminders // 5
        found = load.ours(site, count, apart=30 / count)
        for process in started:
            process.terminate()
    return [
        Line(
            "7 five beats, four workers",
            "0 twice, rows exact",
            str(found),
            found.is_exact,
        )
    ]


def valkey_away(site: Town, size: Size) -> Measured:
    """Gate 8: emptied, then killed, while reminders fall due; beside a run in which it lives."""
    count, seconds = size.reminders // 5, 30.0
    calm = load.ours(site, count, apart=seconds / count)
    lines = []
    for name, act in {"flushed": chaos.flush, "killed": chaos.kill_valkey}.items():
        found = load.ours(site, count, apart=seconds / count, meanwhile=[(10.0, act), (20.0, act)])
        extra = found.arrivals.late[-1] - calm.arrivals.late[-1]
        lines.append(
            Line(
                f"8 Valkey {name} twice: extra lateness",
                "<= 2 s, 0 lost, exact",
                f"{max(extra, 0):.2f} s at most; {found}",
                extra <= 2 and found.is_exact,
            )
        )
    return lines


def downtime(site: Town, size: Size) -> Measured:
    """Gate 9: an hour of what was missed lies there when the workers come back, and new ones fall
    due meanwhile.
    """
    site.fresh()
    chaos.freeze_workers(site)
    try:
        now = time.time()
        missed, new = size.reminders, 600
        once = missed // 10
        site.stock.once(once, f"{now} - 3600 + g * {3600 / once}")
        site.stock.daily(missed - once, f"{now} - 3600 + g * {3600 / (missed - once)}", first=once)
        site.stock.settle()
    finally:
        chaos.thaw_workers(site)
    back = time.time()
    site.stock.once(new, f"{back} + 5 + g * 0.1", first=missed)
    # Late ones are known by when they were due.
    site.wait(lambda: site.sink.count() >= missed + new, 180)
    came = site.sink.arrivals()
    old = came.narrowed(lambda _key, due, _at: due < back)
    fresh = came.narrowed(lambda _key, due, _at: due >= back)
    took = max((at for _key, _due, at in old.rows), default=back) - back
    mean = len(old.rows) / took if took else 0.0
    busiest = max(_per_second(old.rows))
    return [
        Line(
            f"9 down for 1 h, {missed:,} missed: all decided after",
            f"<= {60 * missed / 10_000:g} s, 0 lost, 0 twice",
            f"{took:.1f} s, {len(old.first):,} came, twice {came.duplicates}",
            took <= 60 * missed / 10_000 and len(old.first) == missed and not came.duplicates,
        ),
        Line(
            "9 catch-up rate: mean, busiest second",
            "<= 200/s, and a quarter more in one",
            f"{mean:.0f}/s, {busiest:.0f}",
            mean <= 200 and busiest <= 250,
        ),
        Line(
            "9 newly due meanwhile: late p99",
            "<= 5 s, all",
            f"{fresh.at(99):.2f} s, {len(fresh.first)} of {new}",
            fresh.at(99) <= 5 and len(fresh.first) == new,
        ),
    ]


def scale(site: Town, size: Size) -> Measured:
    """T11: so many stored, a thousand due a minute: what a look costs, and what idling does."""
    site.fresh()
    site.stock.once(size.stored, f"{time.time()} + 86400 + g")
    site.stock.connection.execute("VACUUM ANALYZE reminders_reminder, reminders_reminderrecipient")
    site.stock.settle()
    looks = site.stock.looks()
    time.sleep(5)
    names = ["web", "worker-deliver", "worker-work", "beat", "postgres", "valkey"]
    before, began = site.cpu(), time.monotonic()
    parts = {name: site.cpu(name) for name in names}
    time.sleep(30)
    used, seconds = site.cpu() - before, time.monotonic() - began
    shares = ", ".join(
        f"{name} {100 * (site.cpu(name) - parts[name]) / seconds:.1f}" for name in names
    )
    every = load.ours(site, 1000, apart=0.06, keep=True)
    memory = sum(
        process.memory_info().rss
        for name in names[1:3]
        for process in [psutil.Process(site.pid(name))]
    )
    idle_percent = 100 * used / seconds
    return [
        Line(
            f"T11 {size.stored:,} stored: a look of the planner, p99",
            "<= 20 ms",
            f"{1000 * percentile(looks, 99):.1f} ms (p50 {1000 * percentile(looks, 50):.1f} ms)",
            percentile(looks, 99) <= 0.02,
        ),
        Line(
            "T11 all processes idle",
            "<= 4 % of a core",
            f"{idle_percent:.1f} % ({shares})",
            idle_percent <= 4,
        ),
        Line(
            "T11 1,000 due a minute",
            "p99 <= 0.5 s, exact",
            f"{every}, two workers {memory / 2**20:.0f} MiB",
            every.arrivals.at(99) <= 0.5 and every.is_exact,
        ),
    ]


GATES: dict[str, Callable[[Town, Size], Measured]] = {
    "idle": idle,
    "burst": burst,
    "sustained": sustained,
    "slow": slow,
    "beats": beats,
    "valkey": valkey_away,
    "downtime": downtime,
    "scale": scale,
    "killed": killed,
}


def measure(names: list[str], size: Size) -> list[Line]:
    """All in one installation, which is emptied before each."""
    lines: list[Line] = []
    with town() as site:
        for name in names:
            note(f"{name}: load {os.getloadavg()[0]:.1f}")
            found = GATES[name](site, size)
            for line in found:
                note(f"{'met    ' if line.is_met else 'NOT MET'} {line.gate}: {line.measured}")
            lines += found
    return lines


def _per_second(rows: list[tuple[str, float, float]]) -> list[float]:
    counts: dict[int, int] = {}
    for _key, _due, at in rows:
        counts[int(at)] = counts.get(int(at), 0) + 1
    return [float(count) for count in counts.values()] or [0.0]


def note(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
