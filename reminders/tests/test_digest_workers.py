"""The morning summary where workers die, several plan it, and many want it at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time as clock
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core import mail
from django.utils import timezone

from accounts.guild.testing import Cast
from accounts.models import Member
from reminders import digests
from reminders.engine import inbox
from reminders.engine.claim import LEASE
from reminders.engine.database import forget, run
from reminders.engine.loop import deliver_due
from reminders.engine.plan import plan
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder, shift_clock
from reminders.tests.summaries import at_noon, came, summaries, switch_on, until


@pytest.fixture
def committed_cast(committed_cast: Cast) -> Cast:
    return at_noon(committed_cast)


def work(seconds: float, failpoint: str = "") -> int:
    """Let another process do what is due, until it dies at the failpoint; its exit code."""
    database = configured.DATABASES["default"]["NAME"]
    environment = {**os.environ, "GUILDHALL_FAILPOINT": failpoint}
    environment["EMAIL_URL"] = ""
    for name in ("DATABASE_URL", "DATABASE_SYSTEM_URL"):
        environment[name] = os.environ[name].replace("/guildhall?", f"/{database}?")
    code = (
        "import django; django.setup()\n"
        "from reminders.testing import deliver\n"
        f"deliver(seconds={seconds})"
    )
    return subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode


@pytest.mark.parametrize("failpoint", ["digested", "claimed"])
def test_a_worker_that_dies_costs_nothing(committed_cast: Cast, failpoint: str) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    assert work(until(at)["seconds"], failpoint) == 70
    assert work(until(at)["seconds"] + 20) == 0
    assert len(came(carol)) == len(summaries(carol)) == 1


def test_two_planners_make_one(committed_cast: Cast) -> None:
    people = [committed_cast.carol, committed_cast.bob, committed_cast.alice]
    at = max(switch_on(member, also_empty=True) for member in people)

    with clock_shifted_for_all(**until(at)):

        def one_worker(_: int) -> None:
            deliver_due()
            forget()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one_worker, range(6)))
    for member in people:
        assert len(came(member)) == len(summaries(member)) == 1
    assert len(mail.outbox) == 3


@contextmanager
def clock_shifted_for_all(seconds: float) -> Iterator[None]:
    """Also for connections that are opened meanwhile."""
    with clock_shifted(seconds=seconds):
        run("UPDATE reminders_digest SET look_at = look_at - make_interval(secs => %s)", [seconds])
        yield


def test_it_is_found_by_an_index(committed_cast: Cast) -> None:
    from reminders.engine.digests import PICK

    run("SET enable_seqscan = off")
    plan = "\n".join(line for (line,) in run(f"EXPLAIN {PICK}", [timedelta(seconds=30), 500]))
    run("SET enable_seqscan = on")
    assert "reminders_digest_due" in plan


@dataclass(frozen=True)
class Slow:
    """A section during which something happens."""

    happens: Callable[[], None]
    label: str = "Slow"
    place: int = 99

    def lines(self, _member: Member, *, at: datetime) -> list[digests.Line]:
        self.happens()
        return [digests.Line(f"Said at {at:%H:%M}")]


@pytest.fixture
def slow() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Call it with what happens while each summary is made."""
    yield lambda happens: digests.register("slow", Slow(happens))
    digests._sections.pop("slow", None)


def all_of(cast: Cast) -> list[Member]:
    return [cast.alice, cast.bob, cast.carol, cast.charlie]


def test_what_takes_long_stays_with_the_worker_that_makes_it(
    committed_cast: Cast, slow: Callable[[Callable[[], None]], None]
) -> None:
    at = max(switch_on(member) for member in all_of(committed_cast))
    taken: list[int] = []
    later = until(at)

    def another_worker_looks() -> None:
        if len(taken) == len(all_of(committed_cast)):
            return
        later["seconds"] += LEASE.total_seconds() / 2
        shift_clock(f"{later['seconds']} seconds")
        [(free,)] = run("SELECT count(*) FROM reminders_queued WHERE lease_until < due_clock()")
        taken.append(free)

    slow(another_worker_looks)
    deliver(**later)

    assert taken == [0, 0, 0, 0]
    assert [len(came(member)) for member in all_of(committed_cast)] == [1, 1, 1, 1]


def test_many_summaries_keep_no_reminder_waiting(
    committed_cast: Cast, slow: Callable[[Callable[[], None]], None], monkeypatch: Any
) -> None:
    at = max(switch_on(member) for member in all_of(committed_cast))
    monkeypatch.setattr(inbox, "SUMMARIES", 1)
    slow(lambda: clock.sleep(0.06))
    reminder = make_reminder(committed_cast.carol, in_seconds=(at - timezone.now()).total_seconds())

    with clock_shifted(**until(at)):
        plan()
        inbox.drain_inbox(patience=0.1)
        said = sum(len(came(member)) for member in all_of(committed_cast))
        states = {one["channel"]: one["status"] for one in deliveries(reminder)}
        inbox.drain_inbox()

    assert 1 <= said <= 2
    assert states["inbox"] == "sent"
    assert [len(came(member)) for member in all_of(committed_cast)] == [1, 1, 1, 1]
