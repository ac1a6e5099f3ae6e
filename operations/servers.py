"""A command with the servers of a data folder: python -m operations.servers -- COMMAND…

Servers that run on the folder already are used; otherwise they run as long as the command.
"""

from __future__ import annotations

import argparse
import fcntl
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from operations.bytecode import compile_code
from operations.catalogues import compile_changed
from operations.child import GaveUp
from operations.data import DataFolder
from operations.embedded import owning, start_servers
from operations.environment import SERVERS, default_data, given_environment
from operations.errors import CannotStart
from operations.guests import (
    WAIT_SECONDS,
    guest_book,
    join,
    run_command,
    say_nothing,
    try_lock,
)
from operations.process import project
from operations.supervisor import Stopped, explain

KEEP_SECONDS = 3600.0


def main() -> int:
    options = _options()
    given = given_environment()
    try:
        compile_code()
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
        join(data, command, given)
        time.sleep(0.05)
    raise CannotStart(f"No servers appeared on {data.path}. Their logs: {data.log}")


def _serve(data: DataFolder, given: Mapping[str, str]) -> int:
    """Serves guests until there has been none for an hour, or until asked to stop."""
    with owning(data, say_nothing, name="bin/manage") as supervisor:
        start_servers(supervisor, given, throw_away=True)
        guests = guest_book(data)
        last_seen_at = time.monotonic()
        while time.monotonic() - last_seen_at < KEEP_SECONDS:
            until = time.monotonic() + 5
            while time.monotonic() < until:
                supervisor.tick()
            if not try_lock(guests):
                last_seen_at = time.monotonic()
            else:
                fcntl.flock(guests, fcntl.LOCK_UN)
    return 0


def _without_servers(given: Mapping[str, str]) -> dict[str, str]:
    """Tests never touch the databases of an installation."""
    names = {*SERVERS, "GUILDHALL_DATA"}
    return {name: value for name, value in given.items() if name not in names}


if __name__ == "__main__":
    sys.exit(main())
