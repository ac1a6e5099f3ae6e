"""The site itself: what must be done before it runs, and its programs in their order."""

from __future__ import annotations

import sys

from operations.preparation import manage, prepare_site
from operations.probes import Site
from operations.process import Program
from operations.supervisor import Supervisor

PYTHON = [sys.executable, "-P", "-m"]


class Applications:
    def __init__(self, host: str, port: int, environment: dict[str, str]) -> None:
        self.host = host
        self.port = port
        self.environment = environment
        self.site = Site(host, port, environment)

    def prepare(self, supervisor: Supervisor, *, demo: bool) -> None:
        prepare_site(supervisor, self.environment)
        if demo:
            supervisor.run({"demo": manage("demo")}, self.environment)

    def in_order(self) -> list[list[Program]]:
        """Each inner list starts together once the one before is healthy."""
        return [[self.web()], [self.worker(), self.beat()]]

    def is_ready(self) -> bool:
        return self.site.is_ready()

    def web(self) -> Program:
        place = ["--host", self.host, "--port", str(self.port)]
        return Program(
            name="web",
            command=[
                *[*PYTHON, "granian", "--interface", "asgi", *place, "--workers", "1"],
                # Open streams must not hold up the stop.
                *[
                    "--log-level",
                    "warning",
                    "--workers-kill-timeout",
                    "2",
                    "config.asgi:application",
                ],
            ],
            environment=self.environment,
            ready=lambda _: self.site.is_alive(),
            grace_seconds=3.0,
            rank=2,
        )

    def worker(self) -> Program:
        options = ["--pool", "threads", "--concurrency", "4", "--queues", "deliver,work"]
        return Program(
            name="worker",
            command=[
                *[*PYTHON, "celery", "-A", "config.celery", "worker", *options],
                # One node has nobody to gossip with.
                *[
                    "--without-gossip",
                    "--without-mingle",
                    "--without-heartbeat",
                    "--loglevel",
                    "INFO",
                ],
            ],
            environment=self.environment,
            ready=lambda instance: self.site.heard_of("worker", instance),
            # What it holds by lease then is taken up by the next one.
            grace_seconds=5.0,
            rank=3,
        )

    def beat(self) -> Program:
        options = ["--pidfile=", "--loglevel", "INFO"]
        return Program(
            name="beat",
            command=[*PYTHON, "celery", "-A", "config.celery", "beat", *options],
            environment=self.environment,
            ready=lambda instance: self.site.heard_of("beat", instance),
            grace_seconds=3.0,
            rank=3,
        )
