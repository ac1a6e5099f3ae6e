"""What only a server meets: requests that no client library would send, byte by byte."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import pytest

from operations.tests.people import Person, call
from operations.tests.running import Up

pytestmark = pytest.mark.slow
LARGE = 10_000_000


def status_of(port: int, request: bytes) -> int:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as line:
        line.sendall(request)
        answer = line.recv(64)
    return int(answer.split()[1])


@pytest.mark.parametrize(
    "path", [b"/%", b"/\x00", b"/\xff", b"/..%2f..%2fetc/passwd", b"*", b"/" + b"a" * 70_000]
)
def test_no_address_breaks_the_server(path: bytes, house: Up) -> None:
    host = f"Host: 127.0.0.1:{house.port}".encode()
    request = b"GET " + path + b" HTTP/1.1\r\n" + host + b"\r\nConnection: close\r\n\r\n"
    assert status_of(house.port, request) in {400, 404, 414}


@pytest.mark.parametrize(
    ("header", "statuses"),
    [
        (b"User-Agent: a\x00b", {400}),
        (b"Cookie: sessionid=\x00", {400}),
        (b"Cookie: sessionid=\xed\xa0\x80", {200}),
        (b"Accept-Language: \xff\xfe", {200}),
        (b"Host: evil.example", {400}),
        (b"Content-Length: 99999999999999999999", {400}),
        (b"Content-Length: -1", {400}),
    ],
)
def test_no_header_breaks_the_server(header: bytes, statuses: set[int], house: Up) -> None:
    host = b"" if header.startswith(b"Host") else f"Host: 127.0.0.1:{house.port}\r\n".encode()
    request = b"GET / HTTP/1.1\r\n" + host + header + b"\r\nConnection: close\r\n\r\n"
    assert status_of(house.port, request) in statuses


def test_ten_megabytes_are_refused_and_forgotten(house: Up) -> None:
    bea = Person(house.port, "Bea", "-wire").sign_up().found("House of wire")
    large = b'{"title": "' + b"x" * LARGE + b'"}'
    for _ in range(3):
        answer = bea.call("POST", "tasks/", large)
        assert answer.status == 413
        assert answer.headers["content-type"] == "application/problem+json"
    form = "application/x-www-form-urlencoded"
    refused = call(house.port, "POST", "/accounts/login/", b"a=" + large, Content_Type=form)
    assert refused.status in {400, 403, 413}
    assert bea.get("tasks/")["results"] == []


def test_half_sent_forms_hold_up_nobody(house: Up) -> None:
    """As a phone does that loses its net while it sends."""
    host = f"Host: 127.0.0.1:{house.port}".encode()
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10"
    half = b"POST /accounts/login/ HTTP/1.1\r\n" + host + b"\r\n" + form + b"\r\n\r\na"
    with ExitStack() as lines:
        for _ in range(20):
            line = socket.create_connection(("127.0.0.1", house.port), timeout=10)
            lines.enter_context(closing(line)).sendall(half)
        assert call(house.port, "GET", "/healthz").status == 200
