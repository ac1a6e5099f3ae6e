"""A web server on this machine that keeps what it is asked, and answers as it is told, faults too.

It speaks HTTP/1.1 by hand: what no web server would send is part of what it must be able to send.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Loopback:
    """`answers` are given to the next requests one by one, then 200."""

    host: str
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    open: bool = True
    # Held answers end with the server.
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def hang(self) -> Answer:
        """Say nothing at all."""
        return lambda _line: _wait(self.closing, 30)

    def drip(self, seconds: float) -> Answer:
        """Say a little again and again, so that no read ever times out."""

        def answer(line: socket.socket) -> None:
            line.sendall(b"HTTP/1.1 200 OK\r\n")
            end = time.monotonic() + seconds
            while time.monotonic() < end and not self.closing.is_set():
                line.sendall(b"X-Wait: 1\r\n")
                time.sleep(0.05)
            line.sendall(b"Content-Length: 0\r\n\r\n")

        return answer


def says(status: int, body: bytes | str = b"", **headers: str) -> Answer:
    """An answer with these headers (`retry_after="5"`)."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
    return lambda line: line.sendall("\r\n".join(lines).encode() + content)


def says_json(status: int, value: Any, **headers: str) -> Answer:
    return says(status, json.dumps(value), content_type="application/json", **headers)


def slow(seconds: float, then: Answer) -> Answer:
    def answer(line: socket.socket) -> None:
        time.sleep(seconds)
        then(line)

    return answer


def resets(line: socket.socket) -> None:
    """Hang up hard, in the middle."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def huge(line: socket.socket) -> None:
    """An answer of a gigabyte, as far as anybody reads it."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    chunk = b"x" * 65536
    for _ in range(1_000_000_000 // len(chunk)):
        line.sendall(chunk)


def nonsense(line: socket.socket) -> None:
    """No HTTP; to whoever expects TLS, no TLS either."""
    line.sendall(b"\x00\x01 hello \xff\r\n\r\n")


@contextmanager
def loopback(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as door:
        door.bind((host, 0))
        door.listen(16)
        site = Loopback(host, door.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(door, site, tls), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.open = False
            site.closing.set()
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _serve(door: socket.socket, site: Loopback, tls: ssl.SSLContext | None) -> None:
    while site.open:
        try:
            line, _ = door.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(line, site, tls), daemon=True).start()


def _talk(bare: socket.socket, site: Loopback, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError), tls.wrap_socket(bare, server_side=True) if tls else bare as line:
        line.settimeout(10)
        asked = _read(line)
        if asked is None:
            nonsense(line)
            return
        site.asked.append(asked)
        answer = site.answers.pop(0) if site.answers else says(200, "ok")
        answer(line)


def _read(line: socket.socket) -> Asked | None:
    """The request; None for what is none, such as a greeting in TLS."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (more := line.recv(65536)):
            return None
        read += more
        if not read[:1].isalpha():
            return None
    head, _, body = read.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    pairs = [one.split(": ", 1) for one in lines]
    headers = {pair[0].lower(): pair[1] for pair in pairs if len(pair) == 2}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(65536)
    return Asked(method, path, headers, body)


def _wait(event: threading.Event, seconds: float) -> None:
    event.wait(seconds)
