"""One row that breaks holds up nobody else."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from accounts.guild.testing import Cast
from reminders import sources
from reminders.engine.database import run
from reminders.testing import deliver, deliveries, make_reminder
from reminders.tests.test_engine_changes import inbox_of
from reminders.tests.test_engine_source import add_task, remind_before


def test_a_rule_that_cannot_be_read_holds_up_nobody(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    broken = make_reminder(carol, message="Broken", frequency="daily", time=time(12))
    run("UPDATE reminders_reminder SET time_zone = 'Mars/Phobos'")
    run("UPDATE reminders_reminder SET next_due_at = due_clock()")
    make_reminder(carol, message="Whole", in_seconds=1)

    deliver(seconds=5)

    assert inbox_of(carol) == ["Whole"]
    assert deliveries(broken) == []


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
