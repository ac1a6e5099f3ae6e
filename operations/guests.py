"""A command with the servers of a data folder: its own for that time, or as a guest of others'."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping

from operations.child import GaveUp
from operations.data import DataFolder, FolderInUse
from operations.embedded import owning, running, start_servers
from operations.environment import environment, uses_own_database, uses_own_valkey
from operations.supervisor import Stopped, Supervisor

WAIT_SECONDS = 60.0


def run_command(
    data: DataFolder, command: list[str], given: Mapping[str, str], *, throw_away: bool = False
) -> int:
    """The exit code of the command, if this process is still the same afterwards."""
    if not uses_own_database(given) and not uses_own_valkey(given):
        data.prepare()
        os.execvpe(command[0], command, environment(data, given, None, None))  # noqa: S606
    until = time.monotonic() + WAIT_SECONDS
    while True:
        join(data, command, given)
        try:
            with owning(data, say_nothing, name="bin/manage") as supervisor:
                servers = start_servers(supervisor, given, throw_away=throw_away)
                code = _run_in_front(supervisor, command, servers.environment())
                _wait_for_guests(data, supervisor)
                return code
        except FolderInUse:
            # Its servers are on their way up or down.
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def guest_book(data: DataFolder) -> int:
    """A file that every guest holds a lock on."""
    return os.open(data.run / "guests", os.O_RDWR | os.O_CREAT, 0o600)


def join(data: DataFolder, command: list[str], given: Mapping[str, str]) -> None:
    """Becomes the command as a guest of the servers that run here; returns when none do."""
    if running(data, given) is None:
        return
    guests = guest_book(data)
    fcntl.flock(guests, fcntl.LOCK_SH)
    # Asked again: the owner may have ended while we waited for the lock.
    if found := running(data, given):
        os.set_inheritable(guests, True)
        os.execvpe(command[0], command, found[0].environment())  # noqa: S606
    os.close(guests)


def _wait_for_guests(data: DataFolder, supervisor: Supervisor) -> None:
    """Returns when no other command uses the servers, and none can come any more."""
    guests = guest_book(data)
    while not try_lock(guests):
        supervisor.tick()
    data.forget("servers")
    os.close(guests)


def try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run_in_front(supervisor: Supervisor, command: list[str], given: Mapping[str, str]) -> int:
    """The exit code of a command that has the terminal: Ctrl-C is its business, not ours."""
    # A handler and not SIG_IGN, which the command would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(command, env=given)
    try:
        while process.poll() is None:
            supervisor.tick()
    except (Stopped, GaveUp):
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def say_nothing(line: str) -> None:
    pass
