"""`bin/up` with small programs in place of the site: stand_in WORKER -- ARGUMENTS…

WORKER says what the stand-in of the worker does: `well`, `exits` (at once, by itself),
`dies` (at once, by a signal), `falters` (is at work for a moment, then dies by a signal), `slow`
(never gets ready), `mute` (whoever asks it waits) or `stubborn` (does not listen to TERM).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from operations import applications, up
from operations.process import Program
from operations.supervisor import Supervisor

WEB = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port={port}, bind={host!r})"
WORKERS = {
    "well": "import time; print('at work', flush=True); time.sleep(600)",
    "exits": "print('no work today', flush=True); raise SystemExit(3)",
    "dies": "import os; os.kill(os.getpid(), 9)",
    "falters": (
        "import os, time; print('at work', flush=True); time.sleep(0.4); os.kill(os.getpid(), 9)"
    ),
    "slow": "import time; time.sleep(600)",
    "mute": "import time; time.sleep(600)",
    "stubborn": (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print('at work', flush=True); time.sleep(600)"
    ),
}


def never(_instance: str) -> bool:
    time.sleep(600)
    return False


class StandIn(applications.Applications):
    behaviour = "well"

    def prepare(self, supervisor: Supervisor, *, demo: bool) -> None:
        self.account = None

    def is_ready(self) -> bool:
        return True

    def web(self) -> Program:
        program = super().web()
        program.command = [sys.executable, "-c", WEB.format(host=self.host, port=self.port)]
        program.ready = lambda _: self.site._get("/")[0] > 0
        return program

    def in_order(self) -> list[list[Program]]:
        return [[self.web()], [self.worker("work"), self.beat()]]

    def worker(self, queue: str) -> Program:
        program = super().worker(queue)
        program.command = [sys.executable, "-c", WORKERS[self.behaviour]]
        log = Path(self.environment["GUILDHALL_DATA"]) / "log" / "worker-work.log"
        program.ready = lambda _: "at work" in log.read_text()
        if self.behaviour == "mute":
            program.ready = never
        return program

    def beat(self) -> Program:
        program = super().beat()
        program.command = [sys.executable, "-c", "import time; time.sleep(600)"]
        program.ready = lambda _: True
        return program


if __name__ == "__main__":
    StandIn.behaviour = sys.argv[1]
    sys.exit(up.main(sys.argv[3:], StandIn))
