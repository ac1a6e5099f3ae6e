"""Brings up all of Guildhall on one machine and keeps it running until it is asked to stop."""

from __future__ import annotations

import argparse
import errno
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from operations.applications import Applications
from operations.child import GaveUp
from operations.data import DataFolder
from operations.embedded import owning, start_servers
from operations.environment import default_data, given_environment
from operations.errors import CannotStart
from operations.probes import ANY_ADDRESS
from operations.supervisor import Stopped, Supervisor, explain

DEFAULT_PORT = "8000"
MAX_PORT = 65_535


def main(arguments: list[str] | None = None, make: type[Applications] = Applications) -> int:
    """The exit code: 0 when it was asked to stop, 1 when it could not go on."""
    given = given_environment()
    options = _options(arguments)
    say = _Speaker()
    try:
        data = DataFolder(options.data or default_data(given))
        port = (
            _port(options.port, "--port") if options.port else _port(given.get("PORT", ""), "PORT")
        )
        with owning(data, say, name="bin/up") as supervisor:
            _require_free(options.host, port)
            bring_up(supervisor, given, options, port, make)
            supervisor.watch()
    except Stopped:
        say("Guildhall has stopped.")
        return 0
    except CannotStart as error:
        say(str(error))
    except GaveUp as error:
        say(explain(error))
    return 1


def bring_up(
    supervisor: Supervisor,
    given: Mapping[str, str],
    options: argparse.Namespace,
    port: int,
    make: type[Applications],
) -> None:
    """Everything is healthy, and one line says where."""
    address = f"http://{f'[{options.host}]' if ':' in options.host else options.host}:{port}"
    servers = start_servers(supervisor, given)
    environment = servers.environment()
    if not given.get("BASE_URL", "").strip():
        environment["BASE_URL"] = address.replace("//0.0.0.0:", "//127.0.0.1:").replace(
            "[::]", "[::1]"
        )
    supervisor.data.note("site", {"base_url": environment["BASE_URL"]})
    supervisor.run({"settings": [sys.executable, "-P", "-m", "operations.preflight"]}, environment)
    applications = make(options.host, port, environment, servers.account)
    applications.prepare(supervisor, demo=options.demo)
    for programs in applications.in_order():
        supervisor.start(*programs)
    supervisor.wait_until(applications.is_ready, "the site")
    supervisor.say(f"Guildhall is ready at {address}")
    if options.host in ANY_ADDRESS and "BASE_URL" not in given:
        supervisor.say(
            "Other machines are let in by the name they use: set it before the start, for example"
            f" BASE_URL=http://192.168.1.10:{port}"
        )


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/up", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)"
    )
    parser.add_argument("--port", help="the port to listen on (default 8000)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder (default var/)")
    parser.add_argument("--demo", action="store_true", help="add a small household to look at")
    return parser.parse_args(arguments)


def _port(text: str, name: str) -> int:
    text = text.strip() or DEFAULT_PORT
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MAX_PORT):
        raise CannotStart(f"{name} must be a whole number from 1 to {MAX_PORT}, not {text!r}.")
    return int(text)


def _require_free(host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotStart(f"--host must be an address of this machine, not {host!r}.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind(address)
        except OSError as error:
            raise CannotStart(_why_not(error, host, port)) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use. Stop what uses it, or choose another with --port."
    if error.errno == errno.EACCES:
        return (
            f"Port {port} needs more rights than this user has. Choose one above 1023 with --port."
        )
    return f"--host must be an address of this machine, not {host!r}."


class _Speaker:
    """Prints lines as they come, also when nobody listens any more."""

    def __call__(self, line: str) -> None:
        with suppress(OSError):
            print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
