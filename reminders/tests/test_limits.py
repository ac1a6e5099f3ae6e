"""What one place takes at once and in a while: no slow or busy one holds up another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Lock
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast
from accounts.models import Member
from accounts.secrets import encrypt
from config.web.valkey import client, valkey
from reminders.channels.base import Limits, Message, PassingFailure, Sent
from reminders.engine import outside
from reminders.engine.database import run
from reminders.engine.limits import Gate, Place, SharedBucket
from reminders.engine.loop import Engine
from reminders.testing import deliver, deliveries, make_reminder

NOW = timezone.now()


class Provider:
    """Notes what came when and how many at once; `hang` is an address that does not answer."""

    concurrency = 8
    limits = Limits(at_once=2, per_second=0, provider_at_once=0)

    def __init__(self) -> None:
        self.came: list[tuple[str, float]] = []
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.busy: dict[str, PassingFailure] = {}
        self.over, self._lock = Event(), Lock()

    def send(self, message: Message) -> Sent:
        with self._lock:
            self.now[message.address] += 1
            self.most[message.address] = max(self.most[message.address], self.now[message.address])
        try:
            if "hang" in message.address:
                self.over.wait(30)
            elif message.address in self.busy:
                raise self.busy[message.address]
            else:
                time.sleep(0.02)
        finally:
            with self._lock:
                self.now[message.address] -= 1
                self.came.append((message.address, time.time()))
        return Sent()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    one = Provider()
    monkeypatch.setitem(outside.WAYS, "webhook", one)
    yield one
    one.over.set()


def way_to(member: Member, address: str) -> None:
    run(
        "INSERT INTO reminders_destination"
        " (id, guild_id, member_id, channel, name, follows_account, secret, address_hash,"
        "  switched_off_reason)"
        " VALUES (uuidv7(), %s, %s, 'webhook', '', false, %s, %s, '')",
        [member.guild_id, member.pk, encrypt(address), uuid4().hex],
    )


def webhooks(reminder: Any) -> list[dict[str, Any]]:
    return [one for one in deliveries(reminder) if one["channel"] == "webhook"]


@contextmanager
def keeping_time() -> Iterator[None]:
    engine = Engine()
    engine.start()
    try:
        yield
    finally:
        engine.stop(0.1)


def test_a_place_gets_no_more_at_once_than_it_takes(
    committed_cast: Cast, provider: Provider
) -> None:
    way_to(committed_cast.carol, "https://one.example/")
    rows = [make_reminder(committed_cast.carol, message=f"No. {n}") for n in range(12)]

    deliver(minutes=2)

    assert {one["status"] for row in rows for one in webhooks(row)} == {"sent"}
    assert provider.most["https://one.example/"] <= 2
    # Waiting for a place is no attempt.
    assert {tuple(one["attempts"]) for row in rows for one in webhooks(row)} == {("sent",)}


def test_one_that_hangs_holds_up_no_other(committed_cast: Cast, provider: Provider) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    way_to(bob, "https://hang.example/")
    way_to(carol, "https://quick.example/")
    for number in range(60):
        make_reminder(carol, message=f"Hangs {number}", in_seconds=1, recipients=[bob])
    due = time.time() + 1.5
    rows = [make_reminder(carol, message=f"No. {n}", in_seconds=1.5) for n in range(20)]

    with keeping_time():
        end = time.monotonic() + 10
        while time.monotonic() < end and len(provider.came) < 20:
            time.sleep(0.05)

    quick = [at - due for address, at in provider.came if "quick" in address]
    assert len(quick) == 20
    assert max(quick) < 2
    assert provider.most["https://hang.example/"] == 2
    assert {one["status"] for row in rows for one in deliveries(row)} == {"sent"}


def test_a_provider_that_asks_for_a_pause_gets_it_for_all(
    committed_cast: Cast, provider: Provider
) -> None:
    carol = committed_cast.carol
    way_to(carol, "https://busy.example/")
    way_to(carol, "https://idle.example/")
    provider.busy["https://busy.example/"] = PassingFailure("429", timedelta(seconds=90))
    make_reminder(carol, message="First")
    deliver(minutes=2)
    rows = [make_reminder(carol, message=f"No. {n}") for n in range(5)]

    deliver(minutes=2)

    asked = Counter(address for address, _at in provider.came)
    assert asked == {"https://busy.example/": 1, "https://idle.example/": 6}
    waiting = [one for row in rows for one in webhooks(row) if one["status"] == "planned"]
    assert [one["attempts"] for one in waiting] == [[]] * 5


def test_a_rate_is_kept_over_all_workers() -> None:
    limits = Limits(at_once=0, per_second=5, burst=10, provider_at_once=0)
    places = [Place(uuid4(), "one", "") for _ in range(8)]
    first, _ = Gate(limits, 8).admit(places, NOW)
    second, _ = Gate(limits, 8).admit([place._replace(id=uuid4()) for place in places], NOW)

    assert first == [0] * 8
    assert second[:2] == [0, 0]
    assert all(0 < wait <= 2 for wait in second[2:])


def test_what_a_dead_worker_held_is_free_again_after_its_lease() -> None:
    limits = Limits(at_once=1, per_second=0, provider_at_once=0)
    Gate(limits, 0.3).admit([Place(uuid4(), "one", "")], NOW)
    [wait], _ = Gate(limits, 0.3).admit([Place(uuid4(), "one", "")], NOW)
    assert wait > 0

    time.sleep(0.4)

    assert Gate(limits, 0.3).admit([Place(uuid4(), "one", "")], NOW) == ([0], [])


def test_without_valkey_each_process_keeps_the_limits(
    settings: Settings, committed_cast: Cast, provider: Provider
) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock?db=0"
    way_to(committed_cast.carol, "https://one.example/")
    rows = [make_reminder(committed_cast.carol, message=f"No. {n}") for n in range(8)]

    deliver(minutes=2)

    assert {one["status"] for row in rows for one in webhooks(row)} == {"sent"}
    assert provider.most["https://one.example/"] <= 2
    assert SharedBucket("catch-up", 40).take(100) == 10
    client.cache_clear()


def test_what_was_missed_comes_at_a_capped_rate_behind_what_falls_due(
    settings: Settings, committed_cast: Cast, provider: Provider
) -> None:
    settings.CATCH_UP_PER_SECOND = 8
    carol, bob = committed_cast.carol, committed_cast.bob
    provider.limits = Limits(at_once=0, per_second=0, provider_at_once=0)
    way_to(carol, "https://missed.example/")
    way_to(bob, "https://new.example/")
    for number in range(60):
        make_reminder(carol, message=f"Missed {number}")
    run("UPDATE reminders_reminder SET look_at = look_at - interval '1 hour'")

    with keeping_time():
        began = time.monotonic()
        make_reminder(carol, message="New", in_seconds=1, recipients=[bob])
        time.sleep(4)
        seconds = time.monotonic() - began

    asked = Counter(address for address, _at in provider.came)
    assert asked["https://new.example/"] == 1
    # A quarter of a second's worth may come at once.
    assert 8 <= asked["https://missed.example/"] <= 8 * (seconds + 1) + 2


def test_a_valkey_that_forgets_lets_all_go(committed_cast: Cast, provider: Provider) -> None:
    way_to(committed_cast.carol, "https://one.example/")
    reminder = make_reminder(committed_cast.carol, message="First")
    deliver(minutes=2)
    valkey().flushall()
    valkey().script_flush()
    other = make_reminder(committed_cast.carol, message="Second")

    deliver(minutes=2)

    assert [one["status"] for row in (reminder, other) for one in webhooks(row)] == ["sent"] * 2
