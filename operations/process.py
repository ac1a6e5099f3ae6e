"""One process of ours: how it is started, watched and stopped, with all that it starts itself."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Thread

from operations.account import Account
from operations.identity import Identity, environment_of, group, identity
from operations.log import Log

INSTANCE = "GUILDHALL_INSTANCE"
# Where our code is.
ROOMS = ["accounts", "chat", "config", "operations", "productivity", "reminders"]


def mark(instance: str) -> str:
    """What tells one run from others without its name."""
    return sha256(instance.encode()).hexdigest()[:16]


@dataclass
class Program:
    """What is run, and how one sees that it works.

    `ready` gets the name of the run, which the process finds in GUILDHALL_INSTANCE: an answer
    of an earlier run does not count for this one.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    ready: Callable[[str], bool]
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 2.0
    # How often `ready` is asked; each question to the site costs the site some of its start.
    ask_every_seconds: float = 0.05
    before: Callable[[], None] = field(default=lambda: None)
    # Stopped from the highest to the lowest; those of one rank do not need each other.
    rank: int = 0


@dataclass(frozen=True)
class End:
    """How a process ended: by itself with a code, or by a signal."""

    code: int

    @property
    def by_signal(self) -> bool:
        return self.code < 0

    def __str__(self) -> str:
        if not self.by_signal:
            return f"ended by itself with code {self.code}"
        with suppress(ValueError):
            return f"was killed by {signal.Signals(-self.code).name}"
        return f"was killed by signal {-self.code}"


class Process:
    """A running program in a session of its own, out of reach of the terminal's Ctrl-C."""

    def __init__(self, program: Program, log: Log) -> None:
        program.before()
        self.instance = f"{program.name}-{os.urandom(6).hex()}"
        reader, writer = os.pipe()
        try:
            self._popen = subprocess.Popen(
                program.command,
                env={**program.environment, INSTANCE: self.instance},
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                cwd="/",
                start_new_session=True,
                # It calls one function of the C library and takes no lock.
                preexec_fn=_end_with_parent(program.stop_signal),  # noqa: PLW1509
                **(program.account.as_user() if program.account else {}),
            )
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        self.program = program
        self.began_at = time.monotonic()
        # It cannot be gone yet as far as the kernel is concerned: nobody has waited for it.
        self.identity = identity(self._popen.pid) or Identity(self._popen.pid, "")
        Thread(target=log.drain, args=(reader,), daemon=True).start()

    def end(self) -> End | None:
        """How it ended, or None while it runs."""
        pid = self._popen.pid
        if self._popen.returncode is None:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            # Before the number of the group is free for others.
            kill_group(pid)
        return End(self._popen.wait())

    def ask_to_stop(self) -> None:
        if self.end() is None:
            self._popen.send_signal(self.program.stop_signal)

    def stop(self, seconds: float) -> bool:
        """True when it ended in that time after `ask_to_stop`; otherwise it was killed."""
        until = time.monotonic() + seconds
        while self.end() is None:
            if time.monotonic() >= until:
                kill_group(self._popen.pid)
                self._popen.wait()
                return False
            time.sleep(0.02)
        return True


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_leftover(left: Identity, instance: str, seconds: float) -> None:
    """Ends a process of an earlier supervisor and its group, never a stranger of that number."""
    until = time.monotonic() + seconds
    if left.is_alive():
        # PostgreSQL takes this for "fast shutdown", the others end by it as well.
        with suppress(ProcessLookupError):
            os.kill(left.pid, signal.SIGINT)
        while left.is_alive() and time.monotonic() < until:
            time.sleep(0.05)
    if left.is_alive() or _is_orphaned(left.pid, instance):
        members = group(left.pid)
        kill_group(left.pid)
        while any(each.is_alive() for each in members) and time.monotonic() < until + 2:
            time.sleep(0.05)


def _is_orphaned(leader: int, instance: str) -> bool:
    """Whether processes of this run live on without their leader."""
    return any(instance in environment_of(each.pid) for each in group(leader))


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Has Linux end the process when the supervisor dies without a word; elsewhere nothing."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    set_parent_death_signal = 1

    def end_with_parent() -> None:
        prctl(set_parent_death_signal, int(stop_signal))

    return end_with_parent


def project() -> Path:
    """The folder that holds manage.py."""
    return Path(__file__).resolve().parent.parent
