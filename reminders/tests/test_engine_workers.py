"""Several workers, and workers that die in the middle: once each, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast
from reminders import actions
from reminders.engine.database import forget, run
from reminders.engine.loop import Engine, deliver_due
from reminders.models import Notification
from reminders.testing import deliver, deliveries, make_reminder
from reminders.tests.smtp import Postbox, postbox

LIVING = (
    "import django; django.setup(); from reminders.engine.loop import deliver_due; deliver_due()"
)


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as box:
        yield box


def work(box: Postbox, failpoint: str = "") -> int:
    """Let another process do what is due, until it dies at the failpoint; its exit code."""
    environment = environment_of_another(box) | {"GUILDHALL_FAILPOINT": failpoint}
    return subprocess.run([sys.executable, "-c", LIVING], env=environment, check=False).returncode


def environment_of_another(box: Postbox) -> dict[str, str]:
    """What a process needs to work on the database of the tests and to send to this box."""
    database = configured.DATABASES["default"]["NAME"]
    names = ("DATABASE_URL", "DATABASE_SYSTEM_URL")
    urls = {name: os.environ[name].replace("/guildhall?", f"/{database}?") for name in names}
    return {**os.environ, **urls, "EMAIL_URL": f"smtp://127.0.0.1:{box.port}"}


@contextmanager
def worker(box: Postbox, **variables: str) -> Iterator[None]:
    """A worker as it is run, until it is killed."""
    words = ["celery", "-A", "config.celery", "worker", "--pool", "threads", "--concurrency", "1"]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", *words],
        env=environment_of_another(box) | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.kill()


@contextmanager
def keeping_time() -> Iterator[None]:
    """The engine of a worker, in threads of this process."""
    engine = Engine()
    engine.start()
    try:
        yield
    finally:
        engine.stop()


def wait_until_sent(reminder: Any) -> None:
    end = time.monotonic() + 8
    while time.monotonic() < end and {status for _, status in states(reminder)} != {"sent"}:
        time.sleep(0.05)


def states(reminder: Any) -> list[tuple[str, str]]:
    return [(one["channel"], one["status"]) for one in deliveries(reminder)]


def test_two_workers_at_the_same_time_send_each_once(
    committed_cast: Cast, mailoutbox: list[Any]
) -> None:
    carol = committed_cast.carol
    reminders = [make_reminder(carol, in_seconds=0.1, message=f"No. {n}") for n in range(60)]
    time.sleep(0.2)

    def one_worker(_: int) -> None:
        deliver_due()
        forget()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one_worker, range(8)))
    deliver_due()

    assert sorted(letter.subject for letter in mailoutbox) == sorted(r.message for r in reminders)
    with guild_scope(carol.guild_id, carol):
        assert Notification.objects.waiting().count() == 60
    [(rows, sent)] = run(
        "SELECT count(*), count(*) FILTER (WHERE status = 'sent') FROM reminders_delivery"
    )
    assert (rows, sent) == (120, 120)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failpoint", "letters_of_the_dead"),
    [("planned", 0), ("claimed", 0), ("sent", 1), ("marking", 1)],
)
def test_a_worker_that_dies_in_the_middle_is_taken_over(
    committed_cast: Cast,
    box: Postbox,
    settings: Settings,
    failpoint: str,
    letters_of_the_dead: int,
) -> None:
    settings.MAILERS = box.mailers()
    reminder = make_reminder(committed_cast.carol, in_seconds=0.1)
    time.sleep(0.2)

    assert work(box, failpoint) == 70
    assert len(box.letters) == letters_of_the_dead
    run(
        "UPDATE reminders_queued SET lease_until = due_clock() + '1 min'"
        " WHERE lease_until IS NOT NULL"
    )
    deliver_due()
    # Until its lease is over nobody touches what the dead one held.
    held = {"planned": [], "claimed": ["inbox"]}.get(failpoint, ["email"])
    assert [channel for (channel,) in run("SELECT channel FROM reminders_queued")] == held
    run("UPDATE reminders_queued SET lease_until = due_clock()")
    deliver_due()

    assert states(reminder) == [("inbox", "sent"), ("email", "sent")]
    # Only a death between "accepted" and "marked" makes a second letter, with the same id.
    assert len(box.letters) == letters_of_the_dead + 1
    assert len({letter["Message-ID"] for letter in box.letters}) == 1
    with guild_scope(committed_cast.home.pk, committed_cast.carol):
        assert Notification.objects.waiting().count() == 1


@pytest.mark.slow
def test_a_worker_that_cannot_reach_valkey_sends_all_the_same(
    committed_cast: Cast, box: Postbox, settings: Settings
) -> None:
    settings.MAILERS = box.mailers()
    reminder = make_reminder(committed_cast.carol, in_seconds=0.1)
    with worker(box, REDIS_URL="redis://127.0.0.1:1/0"):
        wait_until_sent(reminder)
    assert states(reminder) == [("inbox", "sent"), ("email", "sent")]
    assert len(box.letters) == 1


def test_what_is_deleted_between_claim_and_arrival_does_not_come(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, in_seconds=0.1)
    time.sleep(0.2)
    from reminders.engine import inbox, plan
    from reminders.engine.claim import claim
    from reminders.engine.decide import decide

    plan.plan()
    decided = decide(claim("inbox", 10))
    with guild_scope(carol.guild_id, carol):
        actions.delete_reminder(reminder, by=carol, at=reminder.created_at)
    inbox._come(decided)  # type: ignore[arg-type]

    with guild_scope(carol.guild_id, carol):
        assert not Notification.objects.arrived().exists()
    assert ("inbox", "skipped") in states(reminder)


def test_the_engine_of_a_worker_keeps_time_by_itself(
    committed_cast: Cast, mailoutbox: list[Any]
) -> None:
    with keeping_time():
        reminder = make_reminder(committed_cast.carol, in_seconds=1.5)
        wait_until_sent(reminder)

    assert states(reminder) == [("inbox", "sent"), ("email", "sent")]
    [(lateness,)] = run(
        "SELECT extract(epoch FROM max(sent_at - due_at))::float8 FROM reminders_delivery"
        " WHERE channel = 'inbox'"
    )
    assert lateness < 0.5


def test_a_database_that_went_away_costs_a_moment(
    committed_cast: Cast, mailoutbox: list[Any]
) -> None:
    with keeping_time():
        time.sleep(0.5)
        # Every connection of the engine's role but this thread's own.
        run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'guildhall_system' AND pid <> pg_backend_pid()"
        )
        reminder = make_reminder(committed_cast.carol, in_seconds=0.5)
        wait_until_sent(reminder)

    assert states(reminder) == [("inbox", "sent"), ("email", "sent")]


def test_a_returning_snooze_takes_the_same_ways_again(committed_cast: Cast) -> None:
    from reminders import inbox

    carol = committed_cast.carol
    reminder = make_reminder(carol, in_seconds=0.1)
    deliver(seconds=1)
    with guild_scope(carol.guild_id, carol):
        [row] = Notification.objects.waiting()
        at = row.arrived_at
        inbox.snooze(row, by=carol, at=at, until=at + timedelta(minutes=10))
        assert not Notification.objects.waiting().exists()

    deliver(minutes=12)

    assert [(one["channel"], one["step"], one["status"]) for one in deliveries(reminder)] == [
        ("inbox", 0, "sent"),
        ("email", 0, "sent"),
        ("inbox", 1, "sent"),
        ("email", 1, "sent"),
    ]


def test_a_worker_that_stops_writes_down_what_lands_though_another_one_hangs(
    committed_cast: Cast, box: Postbox, settings: Settings
) -> None:
    settings.MAILERS = box.mailers(timeout=8)
    box.slow, box.answers = 2.5, ["SLOW 250 OK", "HUNG"]
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, in_seconds=0.2, recipients=[carol, bob])

    with keeping_time():
        end = time.monotonic() + 4
        while time.monotonic() < end and len(run("SELECT FROM reminders_queued")) < 2:
            time.sleep(0.02)

    assert sorted(states(reminder)[-2:]) == [("email", "planned"), ("email", "sent")]
