"""`bin/up` with workers that know the way to the sink."""

from __future__ import annotations

import sys

from operations.applications import Applications
from operations.process import Program
from operations.up import main


class BenchApplications(Applications):
    def worker(self, queue: str) -> Program:
        program = super().worker(queue)
        at = program.command.index("config.celery")
        program.command[at] = "bench.delivery.worker"
        return program


if __name__ == "__main__":
    sys.exit(main(make=BenchApplications))
