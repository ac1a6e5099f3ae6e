"""One row that breaks holds up nobody else."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from accounts.guild.testing import Cast, api
from reminders import sources
from reminders.channels.base import Message, PermanentFailure, Sent
from reminders.engine import outside
from reminders.engine.database import run
from reminders.testing import deliver, deliveries, make_reminder
from reminders.tests.rounds import remind
from reminders.tests.test_engine_changes import inbox_of
from reminders.tests.test_engine_source import add_task, remind_before


def test_a_rule_that_cannot_be_read_holds_up_nobody(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    broken = make_reminder(carol, message="Broken", frequency="daily", time=time(12))
    run("UPDATE reminders_reminder SET look_at = due_clock(), next_slot = 'no slot'")
    make_reminder(carol, message="Whole", in_seconds=1)

    deliver(seconds=5)

    assert inbox_of(carol) == ["Whole"]
    assert deliveries(broken) == []


def test_a_summary_that_cannot_be_worked_out_holds_up_nobody(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    assert api(carol).patch("digest/", {"is_on": True, "time": "07:00"}).status_code == 200
    run("UPDATE reminders_digest SET look_at = due_clock(), next_slot = 'no slot'")
    make_reminder(carol, message="Whole", in_seconds=1)

    deliver(seconds=5)

    assert inbox_of(carol) == ["Whole"]


def test_a_stage_that_breaks_holds_up_nobody(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    stage = {"after_minutes": 1, "to": str(bob.pk)}
    for message in ("First", "Broken", "Last"):
        remind(carol, message=message, escalate=[stage])
    deliver(seconds=5)
    # What comes of it is longer than a column holds.
    run("UPDATE reminders_notification SET slot = repeat('x', 100) WHERE title = 'Broken'")
    make_reminder(carol, message="Whole", in_seconds=65)

    deliver(seconds=70)

    assert sorted(inbox_of(carol)) == ["Broken", "First", "Last", "Whole"]
    told = ["Carol has not acted on: First", "Carol has not acted on: Last"]
    assert sorted(inbox_of(bob)) == told
    [(later,)] = run(
        "SELECT stage_at > now() + interval '55 minutes' FROM reminders_notification"
        " WHERE title = 'Broken'"
    )
    assert later


class Broken:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_a_source_that_breaks_holds_up_nobody_and_its_own_still_come(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    remind_before(carol, task, 60, message="The form!")
    make_reminder(carol, message="Whole", in_seconds=60)
    monkeypatch.setitem(sources._sources, "task", Broken())

    deliver(hours=2, minutes=5)

    assert sorted(inbox_of(carol)) == ["The form!", "Whole"]


class LongWinded(Broken):
    """Says of each row it is asked about a path that no column holds."""

    def wanted(self, ids: Any) -> Any:
        return ids

    def text(self, ids: Any) -> Any:
        return dict.fromkeys(ids, "Long")

    def url(self, ids: Any) -> Any:
        return dict.fromkeys(ids, "/" * 600)


def test_words_that_no_row_can_hold_keep_no_other_out_of_the_inbox(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    bad = remind_before(carol, task, 60)
    for number in range(4):
        make_reminder(carol, message=f"Whole {number}", in_seconds=60 + number)
    monkeypatch.setitem(sources._sources, "task", LongWinded())

    deliver(hours=2, minutes=5)

    assert sorted(inbox_of(carol)) == [f"Whole {number}" for number in range(4)]
    [inbox] = [one for one in deliveries(bad["id"]) if one["channel"] == "inbox"]
    assert (inbox["status"], inbox["reason"]) == ("failed", "error:unreadable")


class Provider:
    """Takes everything but what is called Bad, and answers in words of its own."""

    concurrency = 8

    def send(self, message: Message) -> Sent:
        if message.title == "Bad":
            raise PermanentFailure("no \0 such box \ud800")
        return Sent("\0" if message.title == "Odd" else "42")


def test_an_answer_that_no_row_can_hold_keeps_no_other_from_being_marked(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outside.WAYS, "email", Provider())
    titles = ["Bad", "Good", "Odd", "Fine"]
    rows = [make_reminder(committed_cast.carol, message=title) for title in titles]

    deliver(minutes=2)

    found = {
        row.message: (one["status"], one["reason"])
        for row in rows
        for one in deliveries(row)
        if one["channel"] == "email"
    }
    sent = ("sent", "")
    bad = ("failed", "error:unreadable")
    assert found == {"Bad": bad, "Good": sent, "Odd": sent, "Fine": sent}
