"""The log of one process: a file that stays small, and its last lines at hand."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from threading import Lock

MAX_BYTES = 5_000_000
KEEP = 3


class Log:
    """Appends lines to a file; a full one becomes .1, the one before .2, and so on."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self.last: deque[str] = deque(maxlen=20)
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._file = path.open("ab", buffering=0)
        self._size = self._file.tell()

    def write(self, line: bytes) -> None:
        with self._lock:
            self.last.append(line.decode(errors="replace").rstrip())
            try:
                self._file.write(line)
            except OSError:
                return  # A full disk costs log lines; it must not cost the processes.
            self._size += len(line)
            if self._size > self._max_bytes:
                self._turn_over()

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def drain(self, handle: int) -> None:
        """Writes what comes through the pipe until its other end is closed."""
        with os.fdopen(handle, "rb") as pipe:
            # A limit, because a process may write a line without end.
            while line := pipe.readline(65_536):
                self.write(line)

    def _turn_over(self) -> None:
        self._file.close()
        for number in range(KEEP - 1, 0, -1):
            old = self._numbered(number)
            if old.exists():
                old.replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))
        self._file = self.path.open("ab", buffering=0)
        self._size = 0

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
