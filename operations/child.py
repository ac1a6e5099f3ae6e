"""A program that is kept running: started again at once, with back-off where that does not help."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

from operations.data import DataFolder
from operations.log import Log
from operations.process import End, Process, Program

MAX_EARLY_EXITS = 5
# Before the second start of those that end soon, the third, and so on.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
# Whoever was well for so long is started again at once, as often as it takes.
STEADY_SECONDS = 5.0
# What a shell reports for it.
CANNOT_EXECUTE = 126


class GaveUp(Exception):  # noqa: N818  It says what happened.
    """A program ended by itself five times in a row before it was healthy."""

    def __init__(self, child: Child, end: End) -> None:
        super().__init__(
            f"{child.name} {end} {MAX_EARLY_EXITS} times in a row before it was ready."
        )
        self.child = child


class _Question:
    """Whether a run is ready, asked beside the supervisor: a program that accepts and does not
    answer must not keep it from seeing what becomes of the others.
    """

    def __init__(self, program: Program, instance: str) -> None:
        self.instance = instance
        self.is_ready = False
        self._program = program
        self._thread = Thread(target=self._ask, name=f"ask-{program.name}", daemon=True)
        self._thread.start()

    def is_open(self) -> bool:
        return self._thread.is_alive()

    def _ask(self) -> None:
        self.is_ready = self._program.ready(self.instance)


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
        self._question: _Question | None = None
        self._ask_at = 0.0
        self._has_died = False
        self._quick_deaths = 0
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
        if self.process and (end := self.process.end()):
            self._mourn(end)
            self._start_when_due()
            return True
        if self.process is None:
            return self._start_when_due()
        if not self.is_healthy and self._is_ready(self.process):
            self._rejoice(self.process)
        return False

    def _start_when_due(self) -> bool:
        if time.monotonic() < self._start_at:
            return False
        self.start()
        return True

    def _is_ready(self, process: Process) -> bool:
        """As far as it has answered; it is asked again when it was not and it is time."""
        if self._question and self._question.instance == process.instance:
            if self._question.is_open():
                return False
            if self._question.is_ready:
                return True
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + self.program.ask_every_seconds
            self._question = _Question(self.program, process.instance)
        return False

    def _mourn(self, end: End) -> None:
        """Plans the next start; GaveUp when there is no point in one."""
        was_steady = self.is_healthy and time.monotonic() - self._healthy_at > STEADY_SECONDS
        self._quick_deaths = 0 if was_steady else self._quick_deaths + 1
        self._early_exits = 0 if self.is_healthy or end.by_signal else self._early_exits + 1
        self.process, self.is_healthy, self._has_died = None, False, True
        if self._early_exits >= MAX_EARLY_EXITS:
            raise GaveUp(self, end)
        pause = self._pause()
        self._start_at = time.monotonic() + pause
        when = f"in {pause:g} s" if pause else "at once"
        self._say(f"{self.name} {end}. It is started again {when}.")

    def _pause(self) -> float:
        """Once may be chance, whenever it was; whoever ends soon again and again has to wait."""
        if self._quick_deaths <= 1:
            return 0.0
        return min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0 ** (self._quick_deaths - 2))

    def _rejoice(self, process: Process) -> None:
        self.is_healthy = True
        self._healthy_at = time.monotonic()
        self._early_exits = 0
        again = " again" if self._has_died else ""
        self._say(f"{self.name} is ready{again} after {self._healthy_at - process.began_at:.1f} s.")
