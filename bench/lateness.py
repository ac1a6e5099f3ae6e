"""How late 100 reminders arrive when nothing else happens, 0.37 s apart.

    python -P -m operations.servers --throw-away -- python bench/lateness.py

Ours: a worker and a beat as `bin/up` runs them; lateness of the inbox row by the clock of the
database, and of the e-mail when a mail server on this machine has it. Control: Celery's
`apply_async(eta=…)` with the same worker settings on the same Valkey, late when the job runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["LOG_LEVEL"] = "ERROR"

REMINDERS, APART = 100, 0.37
# Planning looks 30 s ahead; what is due sooner than this after it was made is not idle.
LEAD = 10.0
WORKER = ["worker", "--pool", "threads", "--concurrency", "4", "--without-gossip"]
WORKER += ["--without-mingle", "--without-heartbeat", "--loglevel", "ERROR"]
CONTROL = "bench-eta"


def main() -> None:
    from bench.mailbox import mailbox

    with mailbox() as box:
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{box.port}"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", database="owner", verbosity=0)
        with (
            celery("config.celery", *WORKER, "--queues", "deliver") as worker,
            celery("config.celery", "beat", "--pidfile=", "--loglevel", "ERROR"),
        ):
            wait_for_signs(2)
            print(f"idle: {idle(worker):.2f} % of a core in the worker")
            report("inbox", ours())
            report("e-mail", [at - box.due[subject] for subject, at in box.came.items()])
        report("control (Celery eta)", control())


def ours() -> list[float]:
    """Seconds from due to arrived, by the clock of the database."""
    from django.utils import timezone

    from accounts.guild.scope import guild_scope
    from accounts.guild.testing import make_cast
    from bench import mailbox
    from reminders import actions
    from reminders.engine.database import run

    carol = make_cast().carol
    start = timezone.now() + timedelta(seconds=LEAD)
    for n in range(REMINDERS):
        at = start + timedelta(seconds=n * APART)
        mailbox.due[f"No. {n}"] = at.timestamp()
        with guild_scope(carol.guild_id, carol):
            actions.remind(
                by=carol, at=timezone.now(), message=f"No. {n}", frequency="once", once_at=at
            )
    time.sleep(LEAD + REMINDERS * APART + 3)
    rows = run(
        "SELECT extract(epoch FROM sent_at - due_at)::float8 FROM reminders_delivery"
        " WHERE channel = 'inbox' AND status = 'sent'"
    )
    return [late for (late,) in rows]


def control() -> list[float]:
    """Seconds from eta to run."""
    from bench.eta import KEY, arrived
    from config.web.valkey import valkey

    valkey().delete(KEY)
    with celery("bench.eta", *WORKER, "--queues", CONTROL):
        time.sleep(6)
        start = datetime.now(UTC) + timedelta(seconds=LEAD)
        for n in range(REMINDERS):
            eta = start + timedelta(seconds=n * APART)
            arrived.apply_async((eta.timestamp(),), eta=eta, queue=CONTROL)
        time.sleep(LEAD + REMINDERS * APART + 3)
    return [float(late) for late in valkey().lrange(KEY, 0, -1)]


@contextmanager
def celery(app: str, *arguments: str) -> Iterator[psutil.Process]:
    command = [sys.executable, "-P", "-m", "celery", "-A", app, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=quiet, stderr=quiet
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def wait_for_signs(processes: int) -> None:
    """Wait until worker and beat have given a sign of life, and a little longer."""
    from reminders.engine.database import run

    for _ in range(120):
        time.sleep(0.5)
        if run("SELECT count(*) FROM operations_heartbeat")[0][0] >= processes:
            break
    time.sleep(3)


def idle(process: psutil.Process, seconds: float = 10) -> float:
    """Percent of a core that the process uses while nothing is due."""
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    used: float = after.user + after.system - before.user - before.system
    return 100 * used / seconds


def report(name: str, late: list[float]) -> None:
    late = sorted(late)
    if len(late) < 2:
        print(f"{name}: only {len(late)} of {REMINDERS} arrived")
        return
    hundredths = statistics.quantiles(late, n=100, method="inclusive")
    print(
        f"{name}: {len(late)} of {REMINDERS}, late p50 {hundredths[49] * 1000:.0f} ms,"
        f" p99 {hundredths[98] * 1000:.0f} ms, most {late[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
