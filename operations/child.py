"""A program that is kept running: started again with back-off when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from operations.data import DataFolder
from operations.log import Log
from operations.process import End, Process, Program

MAX_EARLY_EXITS = 5
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
# After this long in health the next death counts as the first again.
STEADY_SECONDS = 30.0
# What a shell reports for it.
CANNOT_EXECUTE = 126


class GaveUp(Exception):  # noqa: N818  It says what happened.
    """A program ended by itself five times in a row before it was healthy."""

    def __init__(self, child: Child, end: End) -> None:
        super().__init__(
            f"{child.name} {end} {MAX_EARLY_EXITS} times in a row before it was ready."
        )
        self.child = child


class Child:
    def __init__(self, program: Program, data: DataFolder, say: Callable[[str], None]) -> None:
        self.program = program
        self.name = program.name
        self.log = Log(data.log / f"{program.name}.log")
        self.is_healthy = False
        self.process: Process | None = None
        self._say = say
        self._healthy_at = 0.0
        self._start_at = 0.0
        self._ask_at = 0.0
        self._deaths = 0
        self._early_exits = 0

    def start(self) -> None:
        self.is_healthy = False
        try:
            self.process = Process(self.program, self.log)
        except OSError as error:
            self.log.write(f"{self.program.command[0]} cannot be started: {error}\n".encode())
            self._mourn(End(CANNOT_EXECUTE))

    def look(self) -> bool:
        """Sees what became of the process; True when another one runs now or one is gone."""
        if self.process is None:
            if time.monotonic() < self._start_at:
                return False
            self.start()
            return True
        if end := self.process.end():
            self._mourn(end)
            return True
        if not self.is_healthy and self._is_ready(self.process):
            self._rejoice(self.process)
        return False

    def _is_ready(self, process: Process) -> bool:
        """False also while it is too early to ask again."""
        if time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + self.program.ask_every_seconds
        return self.program.ready(process.instance)

    def _mourn(self, end: End) -> None:
        """Plans the next start; GaveUp when there is no point in one."""
        if self.is_healthy and time.monotonic() - self._healthy_at > STEADY_SECONDS:
            self._deaths = 0
        self._early_exits = 0 if self.is_healthy or end.by_signal else self._early_exits + 1
        self.process, self.is_healthy = None, False
        if self._early_exits >= MAX_EARLY_EXITS:
            raise GaveUp(self, end)
        pause = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2**self._deaths)
        self._deaths += 1
        self._start_at = time.monotonic() + pause
        self._say(f"{self.name} {end}. It is started again in {pause:g} s.")

    def _rejoice(self, process: Process) -> None:
        self.is_healthy = True
        self._healthy_at = time.monotonic()
        self._early_exits = 0
        again = " again" if self._deaths else ""
        self._say(f"{self.name} is ready{again} after {self._healthy_at - process.began_at:.1f} s.")
