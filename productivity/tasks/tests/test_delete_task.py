"""The trash and the way out of it."""

from __future__ import annotations

import pytest

from accounts.guild.testing import Cast, api, browser
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import page, stored


def test_it_goes_into_the_trash_and_comes_back(cast: Cast, task: Task) -> None:
    client = browser(cast.carol)
    response = client.post(page("delete", cast, task), follow=True)
    assert page("restore", cast, task) in response.text  # Undo
    assert task.title in client.get(page("trash", cast)).text
    assert client.get(page("detail", cast, task)).status_code == 404
    client.post(page("restore", cast, task))
    assert client.get(page("detail", cast, task)).status_code == 200


def test_the_api_does_the_same(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    assert client.delete(client.url(f"tasks/{task.pk}/")).status_code == 204
    assert client.get("tasks/").json()["results"] == []
    assert [row["id"] for row in client.get("tasks/?deleted=true").json()["results"]] == [
        str(task.pk)
    ]
    assert client.post(f"tasks/{task.pk}/restore/").status_code == 200
    assert len(client.get("tasks/").json()["results"]) == 1


def test_twice_is_harmless(cast: Cast, task: Task) -> None:
    client = browser(cast.carol)
    client.post(page("delete", cast, task))
    assert client.post(page("delete", cast, task)).status_code == 404
    client.post(page("restore", cast, task))
    assert client.post(page("restore", cast, task)).status_code == 302
    assert stored(task, cast.carol).deleted_at is None


def test_who_deleted_it_may_take_it_back(cast: Cast, secret: Task) -> None:
    response = api(cast.alice).post("tasks/", {"title": "Alice's"})
    path = f"tasks/{response.json()['id']}/"
    client = api(cast.carol)
    client.delete(client.url(path))
    assert client.post(f"{path}restore/").status_code == 200


def test_others_trash_is_an_admins(cast: Cast, task: Task) -> None:
    theirs = api(cast.alice).post("tasks/", {"title": "Alice's"}).json()["id"]
    alice = api(cast.alice)
    alice.delete(alice.url(f"tasks/{theirs}/"))
    assert api(cast.carol).post(f"tasks/{theirs}/restore/").status_code == 403
    way_back = f"/tasks/{theirs}/restore/"
    assert way_back not in browser(cast.carol).get(page("trash", cast)).text
    assert way_back in browser(cast.alice).get(page("trash", cast)).text
    carol = api(cast.carol)
    carol.delete(carol.url(f"tasks/{task.pk}/"))
    assert api(cast.alice).post(f"tasks/{task.pk}/restore/").status_code == 200


@pytest.mark.parametrize("verb", ["delete", "restore"])
def test_a_viewer_may_not(cast: Cast, task: Task, verb: str) -> None:
    assert browser(cast.bob).post(page(verb, cast, task)).status_code == 403
    assert api(cast.bob).post(f"tasks/{task.pk}/restore/").status_code == 403


def test_a_stranger_finds_nothing(cast: Cast, task: Task) -> None:
    assert browser(cast.charlie).post(page("delete", cast, task)).status_code == 404
    assert browser(cast.charlie).get(page("trash", cast)).status_code == 404
    client = api(cast.charlie)
    assert client.delete(client.url(f"tasks/{task.pk}/")).status_code == 404
