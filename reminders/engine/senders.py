"""Threads that send beside each other: a few while answers come at once, more while they do not."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import sleep

FEW = 4
IDLE_SECONDS = 10.0


class Senders[Work, Result]:
    """Never more than `most` at once; `act` must not raise."""

    def __init__(self, name: str, most: int, act: Callable[[Work], Result]) -> None:
        self.name, self.most = name, most
        self._act = act
        self._todo: SimpleQueue[Work | None] = SimpleQueue()
        self._done: SimpleQueue[Result] = SimpleQueue()
        self._lock, self._threads = Lock(), 0

    def put(self, works: list[Work]) -> None:
        with self._lock:
            for work in works:
                self._todo.put(work)
            self._start(min(FEW, self._todo.qsize()) - self._threads)

    def results(self, timeout: float, most: int, linger: float = 0.0) -> list[Result]:
        """Up to `most` that are there, after waiting for the first, and so long for more of them;
        more threads lend a hand when none comes although work is waiting.
        """
        found: list[Result] = []
        try:
            found.append(self._done.get(timeout=timeout))
            # Woken for each of them, the reader would take the processor away from the senders.
            if linger and self._done.qsize() + 1 < most:
                sleep(linger)
            while len(found) < most:
                found.append(self._done.get_nowait())
        except Empty:
            if not found and (waiting := self._todo.qsize()):
                with self._lock:
                    self._start(min(waiting, max(self._threads, FEW)))
        return found

    @property
    def is_behind(self) -> bool:
        """Whether work waits that nobody has begun."""
        return not self._todo.empty()

    def take_back(self) -> list[Work]:
        """What nobody has begun; nobody will."""
        found = []
        try:
            while True:
                if (work := self._todo.get_nowait()) is not None:
                    found.append(work)
        except Empty:
            return found

    def close(self) -> None:
        """The threads end when they have sent what they hold."""
        with self._lock:
            for _ in range(self._threads):
                self._todo.put(None)

    def _start(self, number: int) -> None:
        for _ in range(min(number, self.most - self._threads)):
            self._threads += 1
            Thread(target=self._work, name=self.name, daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                work = self._todo.get(timeout=IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if self._todo.empty():
                        self._threads -= 1
                        return
                continue
            if work is None:
                with self._lock:
                    self._threads -= 1
                return
            self._done.put(self._act(work))
