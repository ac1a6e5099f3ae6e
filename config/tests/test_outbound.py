"""Addresses that people type lead to what is public, whatever library goes there and however."""

from __future__ import annotations

import _socket
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
from pytest_django.fixtures import Settings

from config.tests.loopback import Loopback, loopback, says
from config.web import outbound
from config.web.outbound import OutOfBounds, check_host, is_public, public_only

INWARD = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104  # to be refused
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2002:7f00:1::",
    "2002:c0a8:101::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
]
PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


def by_httpx(url: str) -> int:
    with httpx2.Client(follow_redirects=True, trust_env=False, timeout=2) as client:
        return client.post(url, json={}).status_code


def by_requests(url: str) -> int:
    return requests.post(url, json={}, timeout=2).status_code


def by_socket(url: str) -> int:
    host, _, port = url.removeprefix("http://").partition("/")[0].rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
    return 200


Library = Callable[[str], int]
libraries = pytest.mark.parametrize("library", [by_httpx, by_requests, by_socket])


@pytest.fixture
def site() -> Iterator[Loopback]:
    with loopback() as site:
        yield site


def refused(library: Library, url: str) -> str:
    """What the trip was not let to; '' when it went through."""
    with public_only(5) as trip:
        try:
            library(url)
        except (OSError, httpx2.TransportError):
            return trip.refused
    return ""


@pytest.mark.parametrize("address", INWARD)
def test_what_is_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_reaches_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@libraries
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "127.1",
        "0.0.0.0",  # noqa: S104
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "\uff4cocalhost",
    ],
)
def test_no_way_to_write_this_machine_leads_to_it(
    site: Loopback, library: Library, host: str
) -> None:
    # Some libraries do not even take the address for one; none may arrive.
    no_way = (OSError, ValueError, httpx2.TransportError, httpx2.InvalidURL)
    with public_only(5) as trip, pytest.raises(no_way):
        library(f"http://{host}:{site.port}/")
    assert trip.refused in {"address", ""}
    assert site.asked == []


@libraries
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_without_the_guard_they_would_arrive(site: Loopback, library: Library, host: str) -> None:
    """The control: these addresses do lead to the server that the test above shields."""
    library(f"http://{host}:{site.port}/")


def test_ipv6_of_this_machine_is_refused() -> None:
    with loopback("::1") as site:
        assert refused(by_requests, f"http://[::1]:{site.port}/") == "address"
        assert site.asked == []


def test_the_address_that_clouds_answer_secrets_at_is_refused_before_it_is_asked() -> None:
    # Nobody answers there: it would end with the time of the trip, and nothing refused.
    assert refused(by_httpx, "http://169.254.169.254/latest/meta-data/") == "address"


@libraries
def test_what_staff_allow_is_reached(settings: Settings, site: Loopback, library: Library) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with public_only(5) as trip:
        assert library(f"{site.url}/") == 200
    assert trip.refused == ""


def test_a_host_that_staff_allow_by_name_is_reached(settings: Settings, site: Loopback) -> None:
    settings.OUTBOUND_ALLOW = ["localhost"]
    with public_only(5):
        assert by_requests(f"http://localhost:{site.port}/") == 200
    with loopback("127.0.0.2") as other:
        assert refused(by_requests, other.url) == "address"


@pytest.mark.parametrize("library", [by_httpx, by_requests])
def test_a_redirect_inwards_is_refused(
    settings: Settings, site: Loopback, library: Library
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback("127.0.0.2") as inner:
        site.answers = [says(307, location=f"{inner.url}/secrets")]
        assert refused(library, site.url) == "address"
        assert (len(site.asked), inner.asked) == (1, [])


def test_a_thread_that_would_not_be_guarded_is_not_started(site: Loopback) -> None:
    arrived: list[int] = []
    with public_only(5) as trip, pytest.raises(OutOfBounds):
        threading.Thread(target=lambda: arrived.append(by_requests(site.url))).start()
    assert (trip.refused, arrived, site.asked) == ("thread", [], [])


def test_no_program_is_started() -> None:
    with public_only(5) as trip, pytest.raises(OutOfBounds):
        subprocess.run([sys.executable, "-c", ""], check=False)
    assert trip.refused == "thread"


def test_no_datagram_leaves() -> None:
    with public_only(5) as trip, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        with pytest.raises(OutOfBounds):
            line.sendto(b"hello", ("127.0.0.1", 514))
        with pytest.raises(OutOfBounds):
            line.sendmsg([b"hello"], [], 0, ("127.0.0.1", 514))
    assert trip.refused == "address"


def test_no_socket_file_is_reached(tmp_path: Path) -> None:
    place = str(tmp_path / "door")
    with socket.socket(socket.AF_UNIX) as door, socket.socket(socket.AF_UNIX) as line:
        door.bind(place)
        door.listen()
        with public_only(5), pytest.raises(OutOfBounds):
            line.connect(place)


def test_files_of_this_machine_stay_closed(tmp_path: Path) -> None:
    mine = tmp_path / "keys.env"
    mine.write_text("SECRET_KEY=1")
    with public_only(5) as trip:
        for act in (mine.read_text, lambda: mine.write_text("2"), lambda: os.open(mine, 0)):
            with pytest.raises(OutOfBounds):
                act()
        with pytest.raises(OutOfBounds):
            Path("/etc/passwd").read_text()
        assert "def getaddrinfo" in Path(socket.__file__).read_text()
        assert "class Trip" in Path(outbound.__file__).read_text()
    assert (trip.refused, mine.read_text()) == ("file", "SECRET_KEY=1")


@pytest.mark.parametrize("library", [by_httpx, by_requests])
def test_a_trip_ends_in_time_however_slowly_the_other_side_talks(
    settings: Settings, site: Loopback, library: Library
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    site.answers = [site.drip(20)]
    begun = time.monotonic()
    with public_only(0.6) as trip, suppress(httpx2.TransportError):
        library(site.url)
    assert trip.late
    assert time.monotonic() - begun < 15


@libraries
def test_a_trip_ends_in_time_however_long_a_name_server_takes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, library: Library
) -> None:
    look_up = _socket.getaddrinfo
    end, ended = threading.Event(), threading.Event()

    def silent(host: Any, *how: Any) -> Any:
        if host not in ("silent.example", b"silent.example"):
            return look_up(host, *how)
        end.wait(30)
        ended.set()
        return look_up("127.0.0.1", *how)

    # The network's edge: what the machine asks its name server.
    monkeypatch.setattr(_socket, "getaddrinfo", silent)
    with public_only(0.5) as trip, pytest.raises((OSError, httpx2.TransportError)):
        library("http://silent.example:9/")
    assert trip.late
    assert not ended.is_set()
    end.set()
    assert ended.wait(10)


def test_what_a_name_server_does_not_know_is_said_on_a_trip_as_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_how: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(_socket, "getaddrinfo", unknown)
    with public_only(5) as trip, pytest.raises(socket.gaierror):
        by_socket("http://nowhere.example:9/")
    assert (trip.late, trip.refused) == (False, "")


def test_outside_a_trip_nothing_is_refused(site: Loopback) -> None:
    with public_only(5):
        pass
    assert by_requests(site.url) == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "[::1]", "0.0.0.0"])  # noqa: S104
def test_while_typing_a_host_that_leads_inwards_is_refused(host: str) -> None:
    with pytest.raises(OutOfBounds):
        check_host(host)


@pytest.mark.parametrize("host", ["1.1.1.1", "[2606:4700::1111]", "nowhere.invalid", "a" * 300, ""])
def test_while_typing_what_cannot_be_looked_up_passes(host: str) -> None:
    check_host(host)


def test_while_typing_what_staff_allow_passes(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8", "::1"]
    check_host("localhost")
