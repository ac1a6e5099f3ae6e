"""Taking back what somebody did: the task is again what it was, not what it might have been."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import page, stored

UNDO = re.compile(r'<form method="post" action="(/g/home/history/[^"]*/revert/)"')


def change(cast: Cast, verb: str) -> Any:
    with guild_scope(cast.home.pk, cast.carol):
        return Change.objects.get(verb=verb).pk


@pytest.mark.parametrize("status", ["in_progress", "review", "blocked", "cancelled"])
def test_a_tick_taken_back_is_under_way_again(cast: Cast, task: Task, status: str) -> None:
    client = api(cast.carol)
    client.patch(f"tasks/{task.pk}/", {"status": status})
    client.post(f"tasks/{task.pk}/complete/")
    assert client.post(f"changes/{change(cast, 'completed')}/revert/").status_code == 200
    row = client.get(f"tasks/{task.pk}/").json()
    assert (row["status"], row["completed_at"], row["completed_by"]) == (status, None, None)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_so_does_undo_below_the_page(cast: Cast, task: Task, headers: dict[str, str]) -> None:
    api(cast.carol).patch(f"tasks/{task.pk}/", {"status": "in_progress"})
    client = browser(cast.carol)
    shown = client.post(page("complete", cast, task), headers=headers, follow=not headers).text
    undo = UNDO.search(shown)
    assert undo
    response = client.post(undo[1], {"next": page("index", cast)})
    assert response.headers["Location"] == page("index", cast)
    assert stored(task, cast.carol).status == "in_progress"


def test_a_reopening_taken_back_is_done_by_whom_and_when_it_was(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    done = client.post(f"tasks/{task.pk}/complete/").json()
    api(cast.alice).post(f"tasks/{task.pk}/reopen/")
    revert = f"changes/{change(cast, 'reopened')}/revert/"
    assert api(cast.alice).post(revert).status_code == 200
    row = client.get(f"tasks/{task.pk}/").json()
    for name in ("status", "completed_at", "completed_by"):
        assert row[name] == done[name]
    assert row["completed_by"] == str(cast.carol.pk)


def test_a_dropped_task_opened_by_mistake_is_dropped_again(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    client.patch(f"tasks/{task.pk}/", {"status": "cancelled"})
    client.post(f"tasks/{task.pk}/reopen/")
    assert client.post(f"changes/{change(cast, 'reopened')}/revert/").status_code == 200
    row = client.get(f"tasks/{task.pk}/").json()
    assert (row["status"], row["completed_at"]) == ("cancelled", None)


def test_a_status_chosen_in_the_form_goes_back_the_same_way(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    done = client.patch(f"tasks/{task.pk}/", {"status": "done"}).json()
    client.patch(f"tasks/{task.pk}/", {"status": "blocked"})
    with guild_scope(cast.home.pk, cast.carol):
        last = Change.objects.get(before__status="done").pk
    assert api(cast.alice).post(f"changes/{last}/revert/").status_code == 200
    row = client.get(f"tasks/{task.pk}/").json()
    assert (row["completed_at"], row["completed_by"]) == (done["completed_at"], str(cast.carol.pk))


def test_what_was_done_again_since_is_not_taken_back(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    client.post(f"tasks/{task.pk}/complete/")
    first = change(cast, "completed")
    client.post(f"tasks/{task.pk}/reopen/")
    assert client.post(f"changes/{first}/revert/").status_code == 409
    assert stored(task, cast.carol).status == "pending"


def test_what_is_gone_is_not_taken_back(cast: Cast, task: Task) -> None:
    api(cast.carol).post(f"tasks/{task.pk}/complete/")
    done = change(cast, "completed")
    with guild_scope(cast.home.pk, cast.carol):
        Task.objects.all().delete()
    answer = api(cast.carol).post(f"changes/{done}/revert/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "gone")
    assert browser(cast.carol).post(f"/g/home/history/{done}/revert/").status_code == 409


def test_a_viewer_takes_back_nothing(cast: Cast, task: Task) -> None:
    api(cast.carol).post(f"tasks/{task.pk}/complete/")
    done = change(cast, "completed")
    assert api(cast.bob).post(f"changes/{done}/revert/").status_code == 403
    assert browser(cast.bob).post(f"/g/home/history/{done}/revert/").status_code == 403
    assert stored(task, cast.carol).completed
