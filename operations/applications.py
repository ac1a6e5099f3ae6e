"""The site itself: what must be done before it runs, and its programs in their order.

Two workers rather than one: the threads pool of Celery shares its slots among all queues, and an
import must never keep a reminder waiting. It costs 100 MiB.
"""

from __future__ import annotations

import sys
from pathlib import Path

from operations.account import Account
from operations.preparation import manage, prepare_site
from operations.probes import Site
from operations.process import Program, project
from operations.supervisor import Supervisor

PYTHON = [sys.executable, "-P", "-m"]
CELERY = [*PYTHON, "celery", "-A", "config.celery"]
# The code was checked before it came here. Checking it again would have workers and beat read all
# pages first, and a reminder that is due then waits for them.
UNCHECKED = {"CELERY_SKIP_CHECKS": "1"}
# What not every program needs: whoever breaks into the site does not find the owner's password.
NEEDED_BY = {
    "DATABASE_OWNER_URL": {"worker-work"},  # makes the backups
    "METRICS_TOKEN": {"web"},
    "EMAIL_URL": {"web", "worker-deliver", "worker-work"},
    "ENCRYPTION_KEYS": {"web", "worker-deliver", "worker-work"},
}


class Applications:
    def __init__(self, host: str, port: int, environment: dict[str, str], account: Account) -> None:
        self.host = host
        self.port = port
        self.environment = environment
        self.account: Account | None = account
        self.site = Site(host, port, environment)

    def prepare(self, supervisor: Supervisor, *, demo: bool) -> None:
        self._choose_account(supervisor)
        prepare_site(supervisor, self.environment)
        if demo:
            supervisor.run({"demo": manage("demo")}, self.environment)
            # How to get in.
            supervisor.say((supervisor.data.log / "demo.log").read_text().strip())

    def in_order(self) -> list[list[Program]]:
        """Each inner list starts together once the one before is healthy."""
        return [[self.web()], [self.worker("deliver"), self.worker("work"), self.beat()]]

    def is_ready(self) -> bool:
        return self.site.is_ready()

    def _choose_account(self, supervisor: Supervisor) -> None:
        """The site runs as the servers' user where that user can read Python and the code."""
        assert self.account
        manage_py = project() / "manage.py"
        if self.account.can_run_site(Path(sys.executable), manage_py):
            supervisor.data.give_files_to(self.account)
        else:
            supervisor.say(
                f"The site runs as root, because the user {self.account.name!r} cannot run"
                f" {sys.executable} or cannot read {manage_py}."
            )
            self.account = None

    def _environment(self, program: str) -> dict[str, str]:
        return {
            name: value
            for name, value in self.environment.items()
            if program in NEEDED_BY.get(name, {program})
        }

    def web(self) -> Program:
        place = ["--host", self.host, "--port", str(self.port)]
        # Open streams must not hold up the stop.
        limits = ["--workers", "1", "--workers-kill-timeout", "2", "--log-level", "warning"]
        granian = [*PYTHON, "granian", "--interface", "asgi", *place, *limits]
        return Program(
            name="web",
            command=[*granian, "config.asgi:application"],
            environment=self._environment("web"),
            ready=lambda _: self.site.is_alive(),
            account=self.account,
            grace_seconds=3.0,
            rank=2,
        )

    def worker(self, queue: str) -> Program:
        slots = ["--pool", "threads", "--concurrency", "4", "--queues", queue]
        # A single machine has nobody to gossip with.
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        label = ["--hostname", f"{queue}@%h", "--loglevel", "INFO"]
        name = f"worker-{queue}"
        return Program(
            name=name,
            command=[*CELERY, "worker", *slots, *alone, *label],
            environment=self._environment(name) | UNCHECKED,
            ready=lambda instance: self.site.heard_of("worker", instance),
            ask_every_seconds=0.3,
            account=self.account,
            # What it holds by lease then is taken up by the next one.
            grace_seconds=5.0,
            rank=3,
        )

    def beat(self) -> Program:
        return Program(
            name="beat",
            command=[*CELERY, "beat", "--pidfile=", "--loglevel", "INFO"],
            environment=self._environment("beat") | UNCHECKED,
            ready=lambda instance: self.site.heard_of("beat", instance),
            ask_every_seconds=0.3,
            account=self.account,
            grace_seconds=3.0,
            rank=3,
        )
