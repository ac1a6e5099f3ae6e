"""What a lane has in hand: nothing goes out twice, nothing that is not wanted any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.guild.testing import Cast, api
from accounts.models import Member
from reminders.channels.base import Limits, Message, Sent
from reminders.engine import outside
from reminders.engine.claim import LEASE
from reminders.engine.database import forget, run
from reminders.engine.drain import Drain
from reminders.engine.inbox import drain_inbox
from reminders.engine.limits import Gate, Place
from reminders.engine.plan import plan
from reminders.testing import make_reminder
from reminders.tests.test_limits import way_to

AT_ONCE = 4


class Provider:
    """Takes its time until it may answer."""

    concurrency = 8
    limits = Limits(at_once=AT_ONCE, per_second=0, provider_at_once=0)

    def __init__(self) -> None:
        self.came: list[str] = []
        self.answers = Event()
        self.meanwhile: Callable[[], object] = lambda: None

    def send(self, message: Message) -> Sent:
        self.came.append(message.title)
        self.meanwhile()
        self.answers.wait(20)
        return Sent()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    one = Provider()
    monkeypatch.setitem(outside.WAYS, "webhook", one)
    yield one
    one.answers.set()


@contextmanager
def a_lane() -> Iterator[Drain]:
    drain, stop = Drain("webhook"), Event()

    def keep_on() -> None:
        while not stop.is_set():
            drain.run(stop.is_set)
            time.sleep(0.02)
        forget()

    lane = Thread(target=keep_on, daemon=True)
    lane.start()
    try:
        yield drain
    finally:
        stop.set()
        lane.join(5)
        drain.close()


def fall_due(member: Member, *titles: str) -> None:
    way_to(member, "https://one.example/")
    for title in titles:
        make_reminder(member, message=title, in_seconds=0.5)
    time.sleep(0.6)
    plan()
    drain_inbox()


def states() -> list[str]:
    rows = run("SELECT status FROM reminders_delivery WHERE channel = 'webhook'")
    return [status for (status,) in rows]


def eventually(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end and not what():
        time.sleep(0.02)
    return what()


def lose_leases(most: int) -> None:
    """As when the machine slept, or the database was away, for longer than a lease."""
    lost = run(
        "UPDATE reminders_queued SET lease_until = due_clock() - interval '1 second' WHERE id IN"
        " (SELECT id FROM reminders_queued WHERE lease_until IS NOT NULL ORDER BY id LIMIT %s)"
        " RETURNING id",
        [most],
    )
    assert len(lost) == most


def leased() -> int:
    [(count,)] = run("SELECT count(*) FROM reminders_queued WHERE lease_until > due_clock()")
    return int(count)


@pytest.mark.parametrize("lost", [1, AT_ONCE])
def test_a_lease_that_ran_out_on_the_way_sends_nothing_twice(
    committed_cast: Cast, provider: Provider, lost: int
) -> None:
    fall_due(committed_cast.carol, *(f"No. {n}" for n in range(AT_ONCE)))
    with a_lane() as drain:
        assert eventually(lambda: len(provider.came) == AT_ONCE)
        lose_leases(lost)
        assert eventually(lambda: leased() == AT_ONCE)  # it took them over
        provider.answers.set()
        assert eventually(lambda: states() == ["sent"] * AT_ONCE)
        assert eventually(lambda: not drain.flying and not drain.gate.inside)
    assert len(provider.came) == AT_ONCE


def test_what_landed_while_the_database_was_away_goes_out_once(
    committed_cast: Cast, provider: Provider
) -> None:
    fall_due(committed_cast.carol, "One")
    [(mine,)] = run("SELECT pg_backend_pid()")

    def database_goes_away() -> None:
        run("SELECT pg_terminate_backend(%s, 2000)", [mine])
        forget()

    provider.meanwhile = database_goes_away
    provider.answers.set()
    drain = Drain("webhook")
    with pytest.raises(OperationalError):
        drain.run()
    forget()
    lose_leases(1)

    drain.run()

    drain.close()
    assert provider.came == ["One"]
    assert states() == ["sent"]


def test_what_waits_for_a_place_is_asked_again_whether_it_is_wanted(
    committed_cast: Cast, provider: Provider
) -> None:
    carol = committed_cast.carol
    fall_due(carol, "One")
    [(destination,)] = run("SELECT id FROM reminders_destination WHERE channel = 'webhook'")
    other = taking_all_places(destination)
    with a_lane() as drain:
        assert eventually(lambda: bool(drain.held))
        [row] = api(carol).get("inbox/").json()["results"]
        assert api(carol).post(f"inbox/{row['id']}/done/", {}).status_code == 200
        assert eventually(lambda: states() == ["skipped"])
        other.admit([], timezone.now(), list(other.inside))
        time.sleep(0.5)
    assert provider.came == []


def taking_all_places(destination: UUID) -> Gate:
    """Another worker, which sends there as much as may be."""
    gate = Gate(Provider.limits, LEASE.total_seconds())
    places = [Place(uuid4(), str(destination), "webhook:https") for _ in range(AT_ONCE)]
    assert gate.admit(places, timezone.now()) == ([0] * AT_ONCE, [])
    return gate
