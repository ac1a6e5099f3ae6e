"""A running `bin/up`, as its user sees it: lines, exit code, processes, addresses."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import psutil

from operations.process import project

# What bin/test sets for the tests themselves; an installation must not see it.
TESTS_OWN = {
    *["DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_OWNER_URL", "REDIS_URL", "GUILDHALL_DATA"],
    *["SECRET_KEY", "ENCRYPTION_KEYS", "JWT_PRIVATE_KEY", "VAPID_PRIVATE_KEY"],
    *["GUILDHALL_INSTANCE", "BASE_URL"],
}
BIN_UP = [str(project() / "bin" / "up")]


def stand_in(worker: str) -> list[str]:
    """`bin/up` with small programs in place of the site."""
    return [sys.executable, "-P", "-m", "operations.tests.stand_in", worker, "--"]


class Up:
    """A started command; `lines` grows as it speaks."""

    def __init__(self, command: Sequence[str], data: Path, *options: str, **variables: str) -> None:
        self.data = data
        self.port = free_port()
        self.lines: list[str] = []
        self.began_at = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "--data", str(data), "--port", str(self.port), *options],
            env=clean_environment() | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())

    @property
    def words(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, words: str, seconds: float = 60, *, times: int = 1) -> None:
        until = time.monotonic() + seconds
        while self.words.count(words) < times:
            assert self.process.poll() is None or self.words.count(words) >= times, self.words
            assert time.monotonic() < until, f"{words!r} did not come:\n{self.words}"
            time.sleep(0.05)

    def wait_until_ready(self, seconds: float = 180) -> None:
        self.wait_for(f"Guildhall is ready at http://127.0.0.1:{self.port}", seconds)

    def exit_code(self, seconds: float = 60) -> int:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"It does not end:\n{self.words}") from error
        self._listener.join(2)
        return code

    def stop(self) -> int:
        """The exit code after TERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.exit_code(15)

    def pids(self) -> dict[str, int]:
        """The processes by name, as the data folder has them."""
        noted = json.loads((self.data / "run" / "processes.json").read_text())
        return {name: pid for name, pid, *_ in noted}

    def family(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON body."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(line):
            line.request("GET", path)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def wait_for_status(self, status: int, path: str, seconds: float = 5) -> Any:
        """What the page says once it answers with this status."""
        until = time.monotonic() + seconds
        while (found := self.get(path))[0] != status:
            assert time.monotonic() < until, found
            time.sleep(0.05)
        return found[1]


def clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in TESTS_OWN}
    return kept | {"PYTHONPATH": str(project())}


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
        return port


def gone(processes: Sequence[psutil.Process]) -> bool:
    """Whether all of them end within two seconds."""
    _, alive = psutil.wait_procs(processes, timeout=2)
    return not alive


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder that the servers' user reaches, unlike pytest's own when root runs the tests."""
    path = Path(tempfile.mkdtemp(prefix="guildhall-up-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def up(command: Sequence[str], data: Path, *options: str, **variables: str) -> Iterator[Up]:
    """Runs it and leaves nothing behind, whatever the test finds."""
    running = Up(command, data, *options, **variables)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            family = running.family()
            running.process.kill()
            running.process.wait()
            for member in family:
                if member.is_running():
                    member.kill()
            # Nobody will start on this folder again and clear them away.
            with suppress(OSError, ValueError):
                shutil.rmtree(json.loads((data / "run" / "sockets.json").read_text()))
