"""A Valkey that hangs, refuses or comes back: nobody waits for it twice."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from threading import Thread
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.guild.testing import Cast, api
from config.web import valkey
from config.web.live import EVERYBODY, RESYNC, guild_channel, send

PASSWORD = "a kettle sings at seven"
REAL = os.environ["REDIS_URL"]


class Silence:
    """A server that takes every connection and never says a word."""

    def __init__(self) -> None:
        self.callers: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._door.getsockname()[1]}/0"
        Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        while True:
            try:
                self.callers.append(self._door.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        # Wakes the thread that waits at the door.
        self._door.shutdown(socket.SHUT_RDWR)
        for line in [self._door, *self.callers]:
            line.close()


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What is known of Valkey ends with the test."""
    valkey.is_back()
    yield
    valkey.is_back()


@pytest.fixture
def silence(settings: Settings) -> Iterator[Silence]:
    silence = Silence()
    settings.REDIS_URL = silence.url
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": silence.url}}
    settings.RATE_LIMITS = True
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,20/m/ip", "login": "30/m/ip"}
    yield silence
    silence.close()


def test_a_sign_in_waits_for_a_hanging_valkey_once(cast: Cast, silence: Silence) -> None:
    user, client = cast.alice.user, Client()
    assert user
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    wrong = {"login": user.email, "password": "a wrong kettle sings"}
    assert client.post("/accounts/login/", wrong).status_code == 200
    assert client.post("/accounts/login/", wrong | {"password": PASSWORD}).status_code == 302
    assert client.get("/g/home/").status_code == 200
    assert len(silence.callers) == 1


def test_a_call_of_the_api_waits_once(cast: Cast, silence: Silence) -> None:
    client = api(cast.alice)
    assert client.post("tasks/", {"title": "In silence"}).status_code == 201
    assert client.get("tasks/").status_code == 200
    assert len(silence.callers) == 1


def test_it_is_asked_again_after_the_pause(
    cast: Cast, silence: Silence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey, "PAUSE_SECONDS", 0.0)
    for _ in range(2):
        assert api(cast.alice).get("tasks/").status_code == 200
    assert len(silence.callers) == 2


def test_one_that_refuses_is_asked_again_at_once(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert answers() is False
    settings.REDIS_URL = REAL
    assert answers() is True


def answers() -> bool:
    return valkey.ask(lambda: bool(valkey.valkey().ping()), otherwise=False, event="away")


def test_pages_look_afresh_after_what_they_could_not_hear(
    settings: Settings, silence: Silence
) -> None:
    channel = guild_channel(uuid4())
    send(channel, b"said into silence")
    valkey.is_back()
    settings.REDIS_URL = REAL
    with valkey.valkey().pubsub(ignore_subscribe_messages=True) as ear:  # type: ignore[no-untyped-call]
        ear.psubscribe("live:*")
        ear.get_message(timeout=1)
        send(channel, b"one")
        send(channel, b"two")
        heard = [ear.get_message(timeout=1) for _ in range(3)]
    assert [(said["channel"].decode(), said["data"]) for said in heard if said] == [
        (EVERYBODY, RESYNC),
        (channel, b"one"),
        (channel, b"two"),
    ]
