"""Starts programs in order, keeps them running, and stops them in the reverse order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from operations.child import Child, GaveUp
from operations.data import DataFolder
from operations.identity import Identity
from operations.process import Process, Program, end_leftover
from operations.step import Step

TICK_SECONDS = 0.05
CALM_TICK_SECONDS = 0.1
STOP_SECONDS = 9.0
# What PostgreSQL keeps of that time however slow the others are.
RESERVED_SECONDS = 2.0
STILL_WAITING_SECONDS = 15.0


class Stopped(Exception):  # noqa: N818  It is no error.
    """Somebody asked us to stop."""


class Supervisor:
    def __init__(self, data: DataFolder, say: Callable[[str], None]) -> None:
        self.data = data
        self.say = say
        self.children: list[Child] = []
        self._asked_to_stop_at: float | None = None
        self._watching = False

    def listen_to_signals(self) -> None:
        """INT, TERM and HUP ask to stop; what comes after the first changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop_at = self._asked_to_stop_at or time.monotonic()

    def clean_up(self) -> None:
        """Ends what an earlier supervisor of this folder left running."""
        for name, pid, began, instance in self.data.noted("processes") or []:
            left = Identity(pid, began)
            if left.is_alive():
                self.say(f"{name} of an earlier run is still there. It is stopped.")
            end_leftover(left, instance, 5)
        self.data.forget("processes")

    def start(self, *programs: Program) -> None:
        """All of them run and are healthy; Stopped when asked to stop meanwhile."""
        children = [Child(program, self.data, self.say) for program in programs]
        for child in children:
            self.children.append(child)
            child.start()
            self._note_processes()
        names = ", ".join(child.name for child in children)
        self.wait_until(lambda: all(child.is_healthy for child in children), names)

    def wait_until(self, done: Callable[[], bool], what: str) -> None:
        next_word = time.monotonic() + STILL_WAITING_SECONDS
        while not done():
            self.tick()
            if time.monotonic() > next_word:
                next_word += STILL_WAITING_SECONDS
                self.say(f"Still waiting for {what}. The logs: {self.data.log}")

    def run(self, commands: Mapping[str, list[str]], environment: Mapping[str, str]) -> None:
        """Runs all of them side by side; CannotStart shows the end of the first that failed."""
        running = {
            name: Step(name, words, environment, self.data) for name, words in commands.items()
        }
        try:
            while any(step.is_running() for step in running.values()):
                self.tick()
        finally:
            for step in running.values():
                step.close()

    def watch(self) -> None:
        """Keeps everything running until asked to stop: ends by Stopped or GaveUp only."""
        self._watching = True
        while True:
            self.tick()

    def tick(self) -> None:
        """One look at every child, and a short sleep."""
        if self._asked_to_stop_at:
            raise Stopped
        looks = [child.look() for child in self.children]
        if any(looks):
            self._note_processes()
        is_calm = self._watching and all(child.is_healthy for child in self.children)
        time.sleep(CALM_TICK_SECONDS if is_calm else TICK_SECONDS)

    def _note_processes(self) -> None:
        self.data.note(
            "processes",
            [
                (child.name, process.identity.pid, process.identity.began, process.instance)
                for child in self.children
                if (process := child.process)
            ],
        )

    def stop(self) -> None:
        """Nothing of ours runs any more, within ten seconds, from any point of the start."""
        # Whatever we were doing when we were asked counts as well.
        until = (self._asked_to_stop_at or time.monotonic()) + STOP_SECONDS
        for rank in _ranks(self.children):
            running = [child.process for child in rank if child.process]
            for process in running:
                process.ask_to_stop()
            for process in running:
                self._wait_for(process, until)
        self.children.clear()
        self.data.forget("processes")

    def _wait_for(self, process: Process, until: float) -> None:
        kept = 0.0 if process.program.name == "postgres" else RESERVED_SECONDS
        rest = until - kept - time.monotonic()
        if not process.stop(max(0.1, min(process.program.grace_seconds, rest))):
            self.say(f"{process.program.name} did not stop in time and was killed.")


def _ranks(children: Sequence[Child]) -> list[list[Child]]:
    """The order of stopping: programs of one rank do not need each other and stop at once."""
    ranks: dict[int, list[Child]] = {}
    for child in children:
        ranks.setdefault(child.program.rank, []).append(child)
    return [ranks[rank] for rank in sorted(ranks, reverse=True)]


def explain(error: GaveUp) -> str:
    """The last log lines of the program that would not run."""
    lines = "\n".join(f"  {line}" for line in error.child.log.last)
    return f"{error}\nThe last lines of {error.child.log.path}:\n{lines}"
