"""A command with the servers of a data folder: python -m operations.servers -- COMMAND…

Servers that run on the folder already are used; otherwise they run as long as the command.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from operations.catalogues import compile_changed
from operations.child import GaveUp
from operations.data import DataFolder, FolderInUse
from operations.embedded import owning, running, start_servers
from operations.environment import (
    environment,
    given_environment,
    uses_own_database,
    uses_own_valkey,
)
from operations.errors import CannotStart
from operations.process import project
from operations.supervisor import Stopped, Supervisor, explain

WAIT_SECONDS = 60.0
KEEP_SECONDS = 3600.0


def main() -> int:
    options = _options()
    given = given_environment()
    try:
        compile_changed()
        if options.serve:
            return _serve(DataFolder(options.serve), given)
        if options.keep:
            return _with_kept(DataFolder(options.keep), options.command, given)
        if options.throw_away:
            return _with_thrown_away(options.command, given)
        return run_command(DataFolder(options.data or default_data(given)), options.command, given)
    except CannotStart as error:
        print(error, file=sys.stderr)
    except GaveUp as error:
        print(explain(error), file=sys.stderr)
    except Stopped:
        return 128 + signal.SIGTERM
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.servers", description=__doc__)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--data", type=Path, metavar="DIR", help="the servers of this data folder")
    place.add_argument("--throw-away", action="store_true", help="fast servers without a future")
    place.add_argument(
        "--keep", type=Path, metavar="DIR", help="the same, but they stay for an hour"
    )
    place.add_argument("--serve", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    options = parser.parse_args()
    if not options.command and not options.serve:
        parser.error("which command?")
    return options


def default_data(given: Mapping[str, str]) -> Path:
    return Path(given.get("GUILDHALL_DATA", "").strip() or project() / "var")


def run_command(
    data: DataFolder, command: list[str], given: Mapping[str, str], *, throw_away: bool = False
) -> int:
    """The exit code of the command, if this process is still the same afterwards."""
    if not uses_own_database(given) and not uses_own_valkey(given):
        data.prepare()
        os.execvpe(command[0], command, environment(data, given, None, None))  # noqa: S606
    until = time.monotonic() + WAIT_SECONDS
    while True:
        _join(data, command, given)
        try:
            with owning(data, _say_nothing, name="bin/manage") as supervisor:
                servers = start_servers(supervisor, given, throw_away=throw_away)
                code = _run_in_front(supervisor, command, servers.environment())
                _wait_for_guests(data, supervisor)
                return code
        except FolderInUse:
            # Its servers are on their way up or down.
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _join(data: DataFolder, command: list[str], given: Mapping[str, str]) -> None:
    """Becomes the command as a guest of the servers that run here; returns when none do."""
    if running(data, given) is None:
        return
    guests = os.open(data.run / "guests", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(guests, fcntl.LOCK_SH)
    # Asked again: the owner may have ended while we waited for the lock.
    if found := running(data, given):
        os.set_inheritable(guests, True)
        os.execvpe(command[0], command, found[0].environment())  # noqa: S606
    os.close(guests)


def _wait_for_guests(data: DataFolder, supervisor: Supervisor) -> None:
    """Returns when no other command uses the servers, and none can come any more."""
    guests = os.open(data.run / "guests", os.O_RDWR | os.O_CREAT, 0o600)
    while not _try_lock(guests):
        supervisor.tick()
    data.forget("servers")
    os.close(guests)


def _try_lock(handle: int) -> bool:
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


def _with_thrown_away(command: list[str], given: Mapping[str, str]) -> int:
    folder = Path(tempfile.mkdtemp(prefix="guildhall-test-"))
    try:
        return run_command(DataFolder(folder), command, _without_servers(given), throw_away=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _with_kept(data: DataFolder, command: list[str], given: Mapping[str, str]) -> int:
    """Starts the servers in the background when they are not there yet, and becomes the command."""
    given = _without_servers(given)
    subprocess.Popen(
        [sys.executable, "-P", "-m", "operations.servers", "--serve", str(data.path)],
        env={**given, "PYTHONPATH": str(project())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        _join(data, command, given)
        time.sleep(0.05)
    raise CannotStart(f"No servers appeared on {data.path}. Their logs: {data.log}")


def _serve(data: DataFolder, given: Mapping[str, str]) -> int:
    """Serves guests until there has been none for an hour, or until asked to stop."""
    with owning(data, _say_nothing, name="bin/manage") as supervisor:
        start_servers(supervisor, given, throw_away=True)
        guests = os.open(data.run / "guests", os.O_RDWR | os.O_CREAT, 0o600)
        last_seen_at = time.monotonic()
        while time.monotonic() - last_seen_at < KEEP_SECONDS:
            until = time.monotonic() + 5
            while time.monotonic() < until:
                supervisor.tick()
            if not _try_lock(guests):
                last_seen_at = time.monotonic()
            else:
                fcntl.flock(guests, fcntl.LOCK_UN)
    return 0


def _without_servers(given: Mapping[str, str]) -> dict[str, str]:
    """Tests never touch the databases of an installation."""
    names = {
        "DATABASE_URL",
        "DATABASE_SYSTEM_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "GUILDHALL_DATA",
    }
    return {name: value for name, value in given.items() if name not in names}


def _say_nothing(line: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
