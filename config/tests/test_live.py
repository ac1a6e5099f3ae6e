"""The live stream of a running site, heard as a page hears it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR
from threading import Thread
from typing import Any

import pytest
from django.core import signing

from config.web.live import SALT
from operations.tests.people import PASSWORD, Person, call
from operations.tests.running import Up

pytestmark = pytest.mark.slow
SOON = 1.0
SILENCE = 0.7


class Stream:
    """An open stream; `end` is set when the site closed it."""

    def __init__(self, port: int, ticket: str) -> None:
        self.heard: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.line.connect()
        self.socket = self.line.sock
        self.line.request("GET", f"/live/?ticket={ticket}")
        self.answer = self.line.getresponse()
        assert self.answer.status == 200
        assert self.answer.getheader("Content-Type") == "text/event-stream"
        # The first line comes when the site listens for us.
        assert self.answer.readline().startswith(b"retry:")
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        try:
            while line := self.answer.readline():
                if line.startswith(b"data: "):
                    self.heard.put(json.loads(line.removeprefix(b"data: ")))
        except OSError:
            pass
        self.heard.put(None)

    def next(self, seconds: float = SOON) -> dict[str, Any] | None:
        """What is said next; None when the stream is closed. Raises Empty when nothing comes."""
        return self.heard.get(timeout=seconds)

    def until(self, kind: str, seconds: float = SOON) -> dict[str, Any]:
        """The next message of this kind."""
        until = time.monotonic() + seconds
        while message := self.next(max(0.01, until - time.monotonic())):
            if message["kind"] == kind:
                return message
        raise AssertionError("The stream is closed.")

    def is_silent(self) -> bool:
        try:
            self.next(SILENCE)
        except Empty:
            return True
        return False

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)
        self.reader.join(2)
        self.answer.close()
        self.line.close()


class Home:
    """Anna's household with Ben and Clara in it; each has pages as a browser has."""

    def __init__(self, port: int) -> None:
        self.anna = Person(port, "Anna", "-live").sign_up().found("Listening house")
        self.ben = Person(port, "Ben", "-live").sign_up().join(self.anna.invite())
        self.sid = Person(port, "Sid", "-live").sign_up().found("Next door")
        self.cookies = {one.name: sign_in(one) for one in (self.anna, self.ben, self.sid)}

    def ticket(self, person: Person, guild: dict[str, Any] | None = None) -> Any:
        """The answer to a page of this person that wants to hear a household."""
        path = f"/g/{(guild or person.guild)['slug']}/live/"
        cookie = self.cookies[person.name]
        token = cookie.split("csrftoken=")[1].split(";")[0]
        return call(
            person.port, "POST", path, b"", Cookie=cookie, X_CSRFToken=token, Origin=origin(person)
        )

    def stream(self, person: Person) -> Stream:
        return Stream(person.port, self.ticket(person).body["ticket"])


def origin(person: Person) -> str:
    return f"http://127.0.0.1:{person.port}"


def sign_in(person: Person) -> str:
    """The cookies of a browser in which she is signed in."""
    jar: dict[str, str] = {}

    def visit(method: str, body: bytes | None = None) -> None:
        answer = call(
            person.port,
            method,
            "/accounts/login/",
            body,
            Cookie="; ".join(f"{name}={value}" for name, value in jar.items()),
            Content_Type="application/x-www-form-urlencoded",
            Origin=origin(person),
        )
        for line in answer.cookies:
            name, _, value = line.split(";")[0].partition("=")
            jar[name] = value

    visit("GET")
    form = f"login={person.email}&password={PASSWORD}&csrfmiddlewaretoken={jar['csrftoken']}"
    visit("POST", form.replace(" ", "+").encode())
    assert "sessionid" in jar
    return "; ".join(f"{name}={value}" for name, value in jar.items())


@pytest.fixture(scope="module")
def home(house: Up) -> Home:
    return Home(house.port)


@pytest.fixture
def bens(home: Home) -> Iterator[Stream]:
    stream = home.stream(home.ben)
    yield stream
    stream.close()


def test_a_change_is_told_within_a_second_by_kind_and_id_alone(home: Home, bens: Stream) -> None:
    task = home.anna.post("tasks/", {"title": "Sweep"})
    assert bens.until("task") == {"kind": "task", "id": task["id"]}
    home.anna.patch(f"tasks/{task['id']}/", {"title": "Mop"})
    assert bens.until("task") == {"kind": "task", "id": task["id"]}


def test_what_is_private_is_told_to_its_maker_alone(home: Home, bens: Stream) -> None:
    annas = home.stream(home.anna)
    task = home.anna.post("tasks/", {"title": "A present for Ben", "visibility": "private"})
    home.anna.patch(f"tasks/{task['id']}/", {"title": "Two presents"})
    home.anna.post(f"tasks/{task['id']}/complete/")
    assert annas.until("task")["id"] == task["id"]
    assert bens.is_silent()
    annas.close()


def test_what_becomes_private_goes_without_a_name(home: Home, bens: Stream) -> None:
    task = home.anna.post("tasks/", {"title": "A secret, later"})
    bens.until("task")
    home.anna.patch(f"tasks/{task['id']}/", {"visibility": "private"})
    assert bens.until("task") == {"kind": "task", "id": None}
    home.anna.patch(f"tasks/{task['id']}/", {"title": "Nobody's business"})
    assert bens.is_silent()


def test_what_is_undone_is_not_told(home: Home, bens: Stream) -> None:
    assert home.anna.call("POST", "tasks/", {"title": ""}).status == 400
    assert bens.is_silent()


def test_another_household_is_not_heard(home: Home, bens: Stream) -> None:
    home.sid.post("tasks/", {"title": "Next door"})
    assert bens.is_silent()


def test_a_stranger_gets_no_ticket(home: Home) -> None:
    assert home.ticket(home.sid, home.anna.guild).status == 404
    nobody = call(home.anna.port, "POST", f"/g/{home.anna.guild['slug']}/live/", b"")
    assert nobody.status in {302, 403}


def test_a_ticket_that_is_not_ours_is_refused(home: Home) -> None:
    ticket = home.ticket(home.ben).body["ticket"]
    body, stamp, signature = ticket.split(":")
    mine = signing.dumps([home.anna.guild["id"], home.anna.guild["id"], 2**40], salt=SALT)
    for bad in [
        *["", "x", "a:b:c", "%00", "%ED%A0%80", "9" * 5000, ticket[:-1], mine],
        *[f"{body[:-2]}AA:{stamp}:{signature}", f"{body}:1zzzzz:{signature}"],
    ]:
        assert call(home.anna.port, "GET", f"/live/?ticket={bad}").status in {400, 403}, bad
    assert call(home.anna.port, "GET", "/live/").status == 403
    assert call(home.anna.port, "POST", f"/live/?ticket={ticket}", b"").status == 405


def test_the_stream_of_who_is_removed_ends(home: Home) -> None:
    guest = Person(home.anna.port, "Guest", "-live").sign_up().join(home.anna.invite())
    home.cookies["Guest"] = sign_in(guest)
    stream = home.stream(guest)
    rows = home.anna.get("members/")["results"]
    member = next(row["id"] for row in rows if row["nickname"] == "Guest")
    home.anna.delete(f"members/{member}/")
    stream.until("end")
    assert stream.next() is None
    stream.close()
    assert home.ticket(guest, home.anna.guild).status == 404


def test_without_valkey_pages_work_and_the_stream_comes_back(house: Up, home: Home) -> None:
    if not hasattr(house, "process"):
        pytest.skip("somebody else's house")
    bens = home.stream(home.ben)
    pid = house.pids()["valkey"]
    os.kill(pid, signal.SIGSTOP)
    try:
        # Stopped, not dead: whoever asks it waits, which is worse.
        task = home.anna.post("tasks/", {"title": "In silence"})
        assert home.anna.get(f"tasks/{task['id']}/")["title"] == "In silence"
        page = call(home.anna.port, "GET", "/", Cookie=home.cookies["Anna"])
        assert page.status == 302
    finally:
        os.kill(pid, signal.SIGKILL)
    home.anna.post("tasks/", {"title": "Still in silence"})
    house.wait_for("valkey is ready again after")
    bens.until("resync", 10)
    task = home.anna.post("tasks/", {"title": "Heard again"})
    until = time.monotonic() + 5
    while bens.until("task", 5)["id"] != task["id"]:
        assert time.monotonic() < until
    bens.close()
