"""A task that was ticked off by mistake: what fell due until it was undone still comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.guild.testing import Cast, api, browser
from accounts.models import Member
from reminders.testing import clock_shifted, deliver
from reminders.tests.test_engine_changes import inbox_of
from reminders.tests.test_engine_source import add_task


def remind_of(by: Member, task: Any, *, seconds: int, frequency: str) -> Any:
    """A reminder of the task by the clock, so many seconds from now."""
    at = timezone.now() + timedelta(seconds=seconds)
    when = {"at": at.isoformat()} if frequency == "once" else {"time": f"{at:%H:%M}"}
    body = {"frequency": frequency, "time_zone": "UTC", "message": "Sign!"} | when
    source = {"kind": "task", "id": task["id"]}
    response = api(by).post("reminders/", body | {"source": source})
    assert response.status_code == 201, response.content
    return response.json()


@pytest.mark.parametrize("frequency", ["once", "daily"])
def test_what_fell_due_meanwhile_still_comes(committed_cast: Cast, frequency: str) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    remind_of(carol, task, seconds=100, frequency=frequency)

    page = browser(carol)
    page.post(f"/g/home/tasks/{task['id']}/complete/")
    deliver(seconds=110)
    assert inbox_of(carol) == []
    with clock_shifted(seconds=120):
        page.post(f"/g/home/tasks/{task['id']}/reopen/")
    deliver(seconds=122)
    deliver(seconds=130)

    assert inbox_of(carol) == ["Sign!"]


def test_what_was_long_done_when_it_fell_due_does_not_come(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    remind_of(carol, task, seconds=100, frequency="once")

    api(carol).post(f"tasks/{task['id']}/complete/")
    with clock_shifted(minutes=15):
        api(carol).post(f"tasks/{task['id']}/reopen/")
    deliver(minutes=16)

    assert inbox_of(carol) == []


def test_what_came_before_does_not_come_again(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    remind_of(carol, task, seconds=100, frequency="daily")
    deliver(seconds=110)
    assert inbox_of(carol) == ["Sign!"]

    for verb in ("complete", "reopen"):
        api(carol).post(f"tasks/{task['id']}/{verb}/")
    deliver(seconds=120)

    assert inbox_of(carol) == ["Sign!"]


def test_a_reminder_made_after_its_time_does_not_begin_with_an_undo(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind_of(carol, task, seconds=-90, frequency="daily")

    for verb in ("complete", "reopen"):
        api(carol).post(f"tasks/{task['id']}/{verb}/")
    deliver(seconds=2)

    assert inbox_of(carol) == []
    again = api(carol).get(f"reminders/{row['id']}/").json()
    assert again["next_due_at"] == row["next_due_at"]


def test_its_next_time_is_said_before_the_engine_has_looked(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind_of(carol, task, seconds=3600, frequency="daily")
    page = browser(carol)
    before = page.get(f"/g/home/reminders/{row['id']}/").context["reminder"].next_in_words

    for verb in ("complete", "reopen"):
        page.post(f"/g/home/tasks/{task['id']}/{verb}/")

    reminder = page.get(f"/g/home/reminders/{row['id']}/").context["reminder"]
    assert (reminder.is_over, reminder.next_in_words) == (False, before)
