"""Reminders that hang on a task, through the tasks' own front door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.guild.testing import Cast, api
from accounts.models import Member
from reminders.testing import deliver
from reminders.tests.test_engine_changes import inbox_of, states


def add_task(by: Member, **later: float) -> Any:
    due = timezone.now() + timedelta(**later)
    body = {"title": "Sign the form", "due_on": str(due.date()), "due_time": f"{due:%H:%M}"}
    return api(by).post("tasks/", body | {"time_zone": "UTC"}).json()


def remind_before(by: Member, task: Any, minutes: int, **said: Any) -> Any:
    body = {"frequency": "before", "before_minutes": minutes}
    body |= {"source": {"kind": "task", "id": task["id"]}} | said
    response = api(by).post("reminders/", body)
    assert response.status_code == 201, response.content
    return response.json()


def test_it_comes_before_the_task_is_due_and_says_its_title(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind_before(carol, task, 60)

    deliver(hours=1, minutes=30)
    assert inbox_of(carol) == []
    deliver(hours=2, minutes=5)
    deliver(hours=4)

    assert inbox_of(carol) == ["Sign the form"]
    assert f"/g/home/tasks/{task['id']}/" in mail.outbox[0].body
    assert states(row["id"]) == [("inbox", "sent", ""), ("email", "sent", "")]


def test_a_done_task_is_not_reminded_of_and_a_reopened_one_is(committed_cast: Cast) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    task = add_task(carol, hours=3)
    # Of Alice's private reminder Carol knows nothing, yet it closes with the task.
    remind_before(alice, task, 60, visibility="private")

    api(carol).post(f"tasks/{task['id']}/complete/")
    deliver(hours=2, minutes=5)
    assert inbox_of(alice) == []

    api(carol).post(f"tasks/{task['id']}/reopen/")
    deliver(hours=2, minutes=5)
    assert inbox_of(alice) == ["Sign the form"]


def test_a_task_done_after_the_reminder_came_takes_it_out_of_the_inbox(
    committed_cast: Cast,
) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    task = add_task(carol, hours=3)
    remind_before(carol, task, 60, recipients=[str(alice.pk)])
    deliver(hours=2, minutes=5)
    assert inbox_of(alice) == ["Sign the form"]

    api(carol).post(f"tasks/{task['id']}/complete/")

    assert inbox_of(alice) == []


def test_a_moved_task_moves_its_reminder(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind_before(carol, task, 60)
    later = timezone.now() + timedelta(hours=6)

    api(carol).patch(
        f"tasks/{task['id']}/", {"due_on": str(later.date()), "due_time": f"{later:%H:%M}"}
    )
    deliver(hours=2, minutes=5)
    assert inbox_of(carol) == []
    deliver(hours=5, minutes=5)

    assert inbox_of(carol) == ["Sign the form"]
    assert [state for _, state, _ in states(row["id"])] == ["sent", "sent"]


def test_a_task_closed_behind_its_back_is_seen_at_the_last_moment(committed_cast: Cast) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    task = add_task(alice, hours=3)
    row = remind_before(carol, task, 60)
    deliver(hours=1, minutes=58)  # the due time is to the minute

    # Private now: Carol, who made the reminder, sees it no more.
    api(alice).patch(f"tasks/{task['id']}/", {"visibility": "private"})
    deliver(hours=2, minutes=5)

    assert inbox_of(carol) == []
    assert {reason for _, _, reason in states(row["id"])} == {"source:gone"}


def test_what_only_its_maker_sees_is_told_to_nobody_else(committed_cast: Cast) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    task = add_task(alice, hours=3)
    row = remind_before(alice, task, 60)
    api(alice).patch(f"tasks/{task['id']}/", {"visibility": "private"})

    # The reminder is the household's: Carol may name herself in it.
    people = [str(alice.pk), str(carol.pk)]
    assert api(carol).patch(f"reminders/{row['id']}/", {"recipients": people}).status_code == 200
    deliver(hours=2, minutes=5)

    assert inbox_of(carol) == []
    assert inbox_of(alice) == ["Sign the form"]


@pytest.mark.parametrize("what", ["task", "reminder"])
def test_what_was_snoozed_and_closed_waits_when_it_is_open_again(
    committed_cast: Cast, what: str
) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind_before(carol, task, 60)
    deliver(hours=2, minutes=5)
    assert api(carol).post(f"reminders/{row['id']}/snooze/").status_code == 200
    assert inbox_of(carol) == []

    if what == "task":
        api(carol).post(f"tasks/{task['id']}/complete/")
        api(carol).post(f"tasks/{task['id']}/reopen/")
    else:
        api(carol).delete(f"reminders/{row['id']}/")
        api(carol).post(f"reminders/{row['id']}/restore/")

    assert inbox_of(carol) == ["Sign the form"]


def test_a_reopened_task_opens_nothing_of_a_reminder_deleted_meanwhile(
    committed_cast: Cast,
) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind_before(carol, task, 60)
    deliver(hours=2, minutes=5)
    client = api(carol)

    client.post(f"tasks/{task['id']}/complete/")
    client.delete(f"reminders/{row['id']}/")
    client.post(f"tasks/{task['id']}/reopen/")
    assert inbox_of(carol) == []

    # Taken out of the trash it waits like any other that came for an open task.
    client.post(f"reminders/{row['id']}/restore/")
    assert inbox_of(carol) == ["Sign the form"]


def test_a_restored_reminder_of_a_done_task_stays_silent(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind_before(carol, task, 60)
    deliver(hours=2, minutes=5)
    client = api(carol)

    client.delete(f"reminders/{row['id']}/")
    client.post(f"tasks/{task['id']}/complete/")
    client.post(f"reminders/{row['id']}/restore/")

    assert inbox_of(carol) == []
