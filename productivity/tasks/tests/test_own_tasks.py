"""What is one's own and private: a viewer's too, and of who was made one."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change, Member
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import make_task, page, stored

PRIVATE = {"title": "Learn to whistle", "visibility": "private"}
HISTORY = "/g/home/history/"


@pytest.fixture
def carol(cast: Cast, task: Task, secret: Task) -> Member:
    """Carol, who wrote both tasks as a member and is a viewer now."""
    answer = api(cast.alice).patch(f"members/{cast.carol.pk}/", {"role": "viewer"})
    assert answer.status_code == 200
    return cast.carol


def test_a_viewer_keeps_her_own_over_the_api(cast: Cast) -> None:
    client = api(cast.bob)
    made = client.post("tasks/", PRIVATE | {"assignees": [str(cast.bob.pk)], "tags": ["me"]})
    assert made.status_code == 201
    path = f"tasks/{made.json()['id']}/"
    assert client.patch(path, {"priority": "high"}).json()["priority"] == "high"
    assert client.put(path, PRIVATE | {"title": "Whistle"}).json()["title"] == "Whistle"
    assert client.post(f"{path}assign/", {"assignees": []}).json()["assignees"] == []
    assert client.post(f"{path}complete/").json()["completed"] is True
    assert client.post(f"{path}reopen/").json()["completed"] is False
    assert client.delete(path).status_code == 204
    assert client.post(f"{path}restore/").json()["deleted_at"] is None
    assert api(cast.alice).get(path).status_code == 404


def test_a_viewer_writes_nothing_that_others_see(cast: Cast) -> None:
    client = api(cast.bob)
    for body in ({"title": "x"}, PRIVATE | {"visibility": "household"}):
        assert client.post("tasks/", body).status_code == 403
    path = f"tasks/{client.post('tasks/', PRIVATE).json()['id']}/"
    assert client.patch(path, {"visibility": "household"}).status_code == 403
    assert client.patch(path, {"assignees": [str(cast.carol.pk)]}).status_code == 400
    assert client.get(path).json()["visibility"] == "private"
    assert api(cast.alice).get("tasks/").json()["results"] == []


def test_a_key_that_reads_writes_no_own_ones_either(cast: Cast) -> None:
    key = api(cast.bob, None, "read")
    assert key.post("tasks/", PRIVATE).status_code == 403
    assert api(cast.bob, None, "write").post("tasks/", PRIVATE).status_code == 201


def test_the_pages_offer_a_viewer_what_she_may(cast: Cast, task: Task) -> None:
    client = browser(cast.bob)
    assert page("new", cast) in client.get(page("index", cast)).text
    form = client.get(page("new", cast))
    assert form.status_code == 200
    assert 'value="private" selected' in form.text
    assert 'value="household"' not in form.text
    assert str(cast.carol.pk) not in form.text
    said = {"shown": "1", "title": "Whistle", "visibility": "private", "assignees": [cast.bob.pk]}
    assert client.post(page("add", cast), said).status_code == 302
    with guild_scope(cast.home.pk, cast.bob):
        own = Task.objects.get(title="Whistle")
    listed = client.get(page("index", cast)).text
    for row, offered in ((own, True), (task, False)):
        pane = client.get(page("detail", cast, row)).text
        assert (page("complete", cast, row) in listed) is offered
        for verb in ("complete", "edit", "delete"):
            assert (page(verb, cast, row) in pane) is offered
        assert client.get(page("edit", cast, row)).status_code == (200 if offered else 403)


def test_the_pages_do_what_they_offer_a_viewer(cast: Cast) -> None:
    client, own = browser(cast.bob), make_task(cast.bob, **PRIVATE)
    client.post(page("complete", cast, own))
    assert stored(own, cast.bob).completed
    client.post(page("reopen", cast, own))
    shown = client.get(page("edit", cast, own))
    said = {"title": "Whistle", "version": shown.context["version"], "visibility": "private"}
    assert client.post(page("edit", cast, own), said).status_code == 302
    shared = said | {"visibility": "household"}
    assert client.post(page("edit", cast, own), shared).status_code == 422
    client.post(page("delete", cast, own))
    assert page("restore", cast, own) in client.get(page("trash", cast)).text
    client.post(page("restore", cast, own))
    row = stored(own, cast.bob)
    assert (row.title, row.status, row.deleted_at) == ("Whistle", "pending", None)


def test_a_viewer_takes_back_her_own(cast: Cast) -> None:
    client, own = browser(cast.bob), make_task(cast.bob, **PRIVATE)
    done = client.post(page("complete", cast, own), follow=True).text
    with guild_scope(cast.home.pk, cast.bob):
        change = Change.objects.get(verb="completed")
    revert = f"{HISTORY}{change.pk}/revert/"
    assert revert in done
    assert revert in client.get(HISTORY).text
    assert client.post(revert).status_code == 302
    assert not stored(own, cast.bob).completed


def test_who_is_made_a_viewer_keeps_what_is_hers_alone(
    cast: Cast, carol: Member, task: Task, secret: Task
) -> None:
    client = api(carol)
    assert client.post(f"tasks/{secret.pk}/complete/").status_code == 200
    assert client.post(f"tasks/{task.pk}/complete/").status_code == 403
    # It is no way to take what is the household's.
    assert client.patch(f"tasks/{task.pk}/", {"visibility": "private"}).status_code == 403
    assert client.delete(f"tasks/{secret.pk}/").status_code == 204
    assert client.delete(f"tasks/{task.pk}/").status_code == 403


def shared_and_hidden(cast: Cast, secret: Task) -> dict[str, Any]:
    """Changes of Carol's task, which is private, by what they did."""
    client = api(cast.carol)
    for body in ({"priority": "high"}, {"visibility": "household"}, {"visibility": "private"}):
        client.patch(f"tasks/{secret.pk}/", body)
    with guild_scope(cast.home.pk, cast.carol):
        edits = Change.objects.filter(entity_id=secret.pk, verb="edited")
        return {"-".join(map(str, change.before.values())): change.pk for change in edits}


def test_taking_back_is_no_way_to_share(cast: Cast, secret: Task) -> None:
    changes = shared_and_hidden(cast, secret)
    api(cast.alice).patch(f"members/{cast.carol.pk}/", {"role": "viewer"})
    history = browser(cast.carol).get(HISTORY).text
    assert f"{changes['medium']}/revert/" in history
    assert f"{changes['household']}/revert/" not in history
    client = api(cast.carol)
    assert client.post(f"changes/{changes['household']}/revert/").status_code == 403
    assert client.post(f"changes/{changes['medium']}/revert/").status_code == 200
    assert client.get(f"tasks/{secret.pk}/").json()["visibility"] == "private"


def test_what_was_shared_since_takes_the_role_again(cast: Cast, secret: Task) -> None:
    client = api(cast.carol)
    client.patch(f"tasks/{secret.pk}/", {"priority": "high"})
    with guild_scope(cast.home.pk, cast.carol):
        change = Change.objects.get(verb="edited").pk
    client.patch(f"tasks/{secret.pk}/", {"visibility": "household"})
    api(cast.alice).patch(f"members/{cast.carol.pk}/", {"role": "viewer"})
    assert f"{change}/revert/" not in browser(cast.carol).get(HISTORY).text
    assert client.post(f"changes/{change}/revert/").status_code == 403
    assert stored(secret, cast.carol).priority == "high"


def test_a_viewer_is_reminded_of_what_the_household_does(cast: Cast) -> None:
    due = timezone.now().date().replace(year=2126, day=1)
    task = make_task(cast.carol, title="Fair", due_on=due)
    client = browser(cast.bob)
    text = client.get(page("detail", cast, task)).text
    assert 'name="visibility" value="private"' in text
    data = {
        "frequency": "before",
        "recipients": str(cast.bob.pk),
        "before_minutes": "60",
        "visibility": "private",
        "source_kind": "task",
        "source_id": str(task.pk),
        "next": page("detail", cast, task),
    }
    response = client.post("/g/home/reminders/add/", data)
    assert response.headers["Location"] == page("detail", cast, task)
    assert len(api(cast.bob).get("reminders/").json()["results"]) == 1
    assert api(cast.carol).get("reminders/").json()["results"] == []


def test_who_left_changes_nothing(cast: Cast) -> None:
    own, key = make_task(cast.bob, **PRIVATE), api(cast.bob)
    api(cast.alice).delete(f"members/{cast.bob.pk}/")
    assert key.post(f"tasks/{own.pk}/complete/").status_code == 404
