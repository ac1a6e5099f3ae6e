"""Trips to addresses that people typed: only to where everybody on the internet can go.

    with public_only(seconds=15) as trip:
        ...                                # any library, in this thread

What counts is the address that a socket is really connected to, so neither a name that points
inwards, nor a redirect, nor an unusual way to write an address leads into this machine or into the
network around it. Python itself asks us (`sys.addaudithook`) before it connects, sends, opens a
file or starts a thread or a program, whatever library wants to. Staff allow what lies inside by
OUTBOUND_ALLOW.

A name server that keeps silent ends with the trip, too: `socket.getaddrinfo` is ours.

A thread would not know that it is on a trip: none may be started. The database is not asked
meanwhile, nor anything else that has a connection of its own to open.
"""

from __future__ import annotations

import os
import socket
import sys
import zoneinfo
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from threading import Thread, Timer
from time import monotonic
from typing import Any

from django.conf import settings

Address = IPv4Address | IPv6Address

LOOK_UP_SECONDS = 1.5
ALLOWED_FOR_SECONDS = 60
NAT64 = IPv6Network("64:ff9b::/96")
IPV4_COMPATIBLE = IPv6Network("::/96")

CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
STARTING = {
    "_thread.start_new_thread",
    "_thread.start_joinable_thread",
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pty.spawn",
}
GUARDED = CONNECTING | STARTING | {"open"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HARMLESS = {os.devnull, "/dev/urandom"}


class OutOfBounds(PermissionError):  # noqa: N818  # the answer to an act, as Refused is
    """What a trip may not reach. An OSError, so that libraries take it for a failed connection."""


class Trip:
    """What became of one trip: where it was not let, and whether its time ran out. Some libraries
    take a line that was cut for an answer that ended, so ask `late` also where nothing was raised.
    """

    def __init__(self, seconds: float) -> None:
        self.ends_at = monotonic() + seconds
        self.refused = ""
        self.late = False
        self._lines: list[socket.socket] = []

    @property
    def seconds_left(self) -> float:
        return max(self.ends_at - monotonic(), 0.0)

    def refuse(self, what: str) -> OutOfBounds:
        self.refused = self.refused or what
        return OutOfBounds(f"out of bounds: {what}")

    def connects(self, line: socket.socket, address: Any) -> None:
        """Judge it; hold the line too, to be able to cut it."""
        if not is_reachable(line.family, address):
            raise self.refuse("address")
        # TLS takes the socket's number over; a second number for the same line outlives that.
        self._lines.append(line.dup())
        if self.late or not self.seconds_left:
            self.late = True
            raise TimeoutError("the trip is over")

    def cut(self) -> None:
        """End what still waits, however slowly the other side keeps talking."""
        self.late = True
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for line in self._lines:
            line.close()


_trip: ContextVar[Trip | None] = ContextVar("trip", default=None)


@contextmanager
def public_only(seconds: float) -> Iterator[Trip]:
    """Bound what the block reaches, and for how long it may; trips do not nest."""
    trip = Trip(seconds)
    watch = Timer(seconds, trip.cut)
    watch.daemon = True
    watch.start()
    token = _trip.set(trip)
    try:
        yield trip
    finally:
        _trip.reset(token)
        watch.cancel()
        trip.close()


def is_reachable(family: int, address: Any) -> bool:
    """Whether a trip may connect to this socket address."""
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return False
    try:
        found = ip_address(str(address[0]).partition("%")[0])
    except ValueError:  # a name: libraries look names up first, so this is an odd one
        return False
    return is_public(found) or _is_allowed(found)


def is_public(address: Address) -> bool:
    """Whether everybody on the internet can reach it, seen through what carries IPv4 in IPv6."""
    inner = _carried(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(inner)
    local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (local or address.is_multicast or address.is_reserved)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64 or address in IPV4_COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def check_host(host: str) -> None:
    """Raise OutOfBounds for a host that leads inwards now; of one that cannot be looked up at the
    moment the connection itself will tell.
    """
    # A hung resolver must not hold up the page.
    looked_up = _resolvers.submit(_look_up, host)
    try:
        found = looked_up.result(LOOK_UP_SECONDS)
    except TimeoutError:
        return
    if any(not is_reachable(family, address) for family, address in found):
        raise OutOfBounds(f"out of bounds: {host}")


_resolvers = ThreadPoolExecutor(4, "look-up")


def _look_up(host: str) -> list[tuple[int, Any]]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [(family, address) for family, *_, address in found]


# --- What staff allow


def _is_allowed(address: Address) -> bool:
    networks, hosts = _allowed(tuple(settings.OUTBOUND_ALLOW))
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    meant = mapped or address
    if any(meant in network for network in networks):
        return True
    return any(meant in _addresses_of(host) for host in hosts)


@cache
def _allowed(parts: tuple[str, ...]) -> tuple[list[IPv4Network | IPv6Network], list[str]]:
    networks, hosts = [], []
    for part in parts:
        try:
            networks.append(ip_network(part))
        except ValueError:
            hosts.append(part)
    return networks, hosts


_known: dict[str, tuple[float, set[Address]]] = {}


def _addresses_of(host: str) -> set[Address]:
    """Where a host that staff named is now; a minute old at most."""
    known = _known.get(host)
    if known is None or known[0] < monotonic() - ALLOWED_FOR_SECONDS:
        found = {ip_address(str(address[0]).partition("%")[0]) for _, address in _look_up(host)}
        known = _known[host] = (monotonic(), found)
    return known[1]


# --- Names are looked up in time


def _in_time(host: Any, port: Any, *how: Any, **said: Any) -> Any:
    """As `socket.getaddrinfo`; on a trip no longer than that lasts. A name server that does not
    answer keeps the system's resolver for half a minute, and nothing can cut that short: it is
    left behind, in a thread of its own so that it holds up no other name.
    """
    trip = _trip.get()
    if trip is None or _is_number(host):
        return _system_getaddrinfo(host, port, *how, **said)
    answer: Future[Any] = Future()

    def look_up() -> None:
        try:
            answer.set_result(_system_getaddrinfo(host, port, *how, **said))
        except Exception as error:  # noqa: BLE001  # raised where it was asked
            answer.set_exception(error)

    # This one goes nowhere else, so the trip lets it start.
    token = _trip.set(None)
    try:
        Thread(target=look_up, name="look-up", daemon=True).start()
    finally:
        _trip.reset(token)
    try:
        return answer.result(trip.seconds_left)
    except TimeoutError:
        trip.late = trip.late or not answer.done()
        raise


def _is_number(host: Any) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


_system_getaddrinfo = socket.getaddrinfo
socket.getaddrinfo = _in_time


# --- Where Python asks


def _code() -> list[str]:
    """The folders that Python and its libraries are read from, and its zones."""
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.__file__).parent)}
    return [os.path.realpath(place) + os.sep for place in (*places, *zoneinfo.TZPATH)]


_CODE = _code()
_OURS = str(Path(__file__).parents[2].resolve()) + os.sep


def _may_open(path: Any, flags: Any) -> bool:
    """Whether a trip may open it: libraries load parts of themselves, but a URL names no file."""
    if isinstance(path, int):
        return True
    place = os.path.realpath(os.fsdecode(path))
    if place in HARMLESS:
        return True
    if isinstance(flags, int) and flags & WRITING:
        return False
    ours = place.startswith(_OURS) and place.endswith((".py", ".pyc"))
    return ours or place.startswith(tuple(_CODE))


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event not in GUARDED or (trip := _trip.get()) is None:
        return
    if event == "open":
        if not _may_open(args[0], args[2]):
            raise trip.refuse("file")
    elif event in STARTING:
        raise trip.refuse("thread")
    elif event == "socket.connect":
        trip.connects(args[0], args[1])
    elif args[1] is not None and not is_reachable(args[0].family, args[1]):
        raise trip.refuse("address")


sys.addaudithook(_hook)
