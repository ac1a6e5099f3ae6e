"""Changing a task without losing what somebody else wrote."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.guild.views import version
from accounts.models import Change
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import make_task, page, stored


def form(task: Task, cast: Cast, **changes: Any) -> dict[str, Any]:
    row = stored(task, cast.carol)
    return {
        "shown": "1",
        "version": version(row),
        "title": row.title,
        "priority": row.priority,
        "visibility": row.visibility,
    } | changes


def test_it_edits_on_the_page(cast: Cast, task: Task) -> None:
    data = form(task, cast, title="Water all plants", assignees=[cast.bob.pk], tags="garden, home")
    response = browser(cast.carol).post(page("edit", cast, task), data, follow=True)
    assert response.status_code == 200
    row = stored(task, cast.carol)
    assert row.title == "Water all plants"
    assert [member.pk for member in row.assignees] == [cast.bob.pk]
    assert sorted(tag.name for tag in row.tags) == ["garden", "home"]


def test_it_edits_the_named_fields_over_the_api(cast: Cast, task: Task) -> None:
    row = api(cast.carol).patch(f"tasks/{task.pk}/", {"priority": "urgent"}).json()
    assert (row["title"], row["priority"]) == ("Water the tomatoes", "urgent")


def test_the_status_carries_the_time_it_was_done(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    assert client.patch(f"tasks/{task.pk}/", {"status": "done"}).json()["completed_at"]
    assert client.patch(f"tasks/{task.pk}/", {"status": "review"}).json()["completed_at"] is None


def test_a_due_day_goes_with_its_time(cast: Cast) -> None:
    task = make_task(cast.carol, due_on=None)
    client = api(cast.carol)
    client.patch(f"tasks/{task.pk}/", {"due_on": "2126-01-01", "due_time": "08:00"})
    row = client.patch(f"tasks/{task.pk}/", {"due_on": None}).json()
    assert (row["due_on"], row["due_time"], row["due_at"], row["time_zone"]) == (
        None,
        None,
        None,
        "",
    )


def test_a_stale_form_overwrites_nothing(cast: Cast, task: Task) -> None:
    stale = form(task, cast, title="Mine")
    api(cast.alice).patch(f"tasks/{task.pk}/", {"title": "Theirs"})
    response = browser(cast.carol).post(page("edit", cast, task), stale)
    assert response.status_code == 422
    assert "a moment before you" in response.text
    assert stored(task, cast.carol).title == "Theirs"


def test_a_stale_etag_answers_the_current_row(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    tag = client.get(f"tasks/{task.pk}/").headers["ETag"]
    headers = {"If-Match": tag}
    assert client.patch(f"tasks/{task.pk}/", {"title": "A"}, headers=headers).status_code == 200
    response = client.patch(f"tasks/{task.pk}/", {"title": "B"}, headers=headers)
    assert response.status_code == 412
    assert response.json()["current"]["title"] == "A"


def test_changed_tags_alone_are_another_version(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    tag = client.get(f"tasks/{task.pk}/").headers["ETag"]
    assert client.patch(f"tasks/{task.pk}/", {"tags": ["x"]}).headers["ETag"] != tag


def test_nothing_changed_writes_nothing(cast: Cast, task: Task) -> None:
    client = api(cast.carol)
    tag = client.get(f"tasks/{task.pk}/").headers["ETag"]
    body = {"title": "Water the tomatoes"}
    assert client.patch(f"tasks/{task.pk}/", body).headers["ETag"] == tag
    with guild_scope(cast.home.pk, cast.alice):
        assert not Change.objects.filter(verb="edited").exists()


def test_history_holds_what_changed_alone(cast: Cast, task: Task) -> None:
    api(cast.alice).patch(f"tasks/{task.pk}/", {"priority": "high"})
    with guild_scope(cast.home.pk, cast.alice):
        change = Change.objects.get(verb="edited")
    assert (change.before, change.after) == ({"priority": "medium"}, {"priority": "high"})
    assert change.actor_id == cast.alice.pk


def test_turning_it_private_hides_it_and_its_history(cast: Cast, task: Task) -> None:
    api(cast.carol).patch(f"tasks/{task.pk}/", {"assignees": [str(cast.alice.pk)]})
    row = api(cast.carol).patch(f"tasks/{task.pk}/", {"visibility": "private"}).json()
    assert row["assignees"] == []
    assert api(cast.alice).get(f"tasks/{task.pk}/").status_code == 404
    assert api(cast.alice).get("tasks/").json()["results"] == []
    with guild_scope(cast.home.pk, cast.alice):
        assert not Change.objects.filter(entity_id=task.pk).exists()


def test_what_it_said_in_private_stays_there_when_it_is_shared(cast: Cast) -> None:
    task = make_task(cast.carol, title="Call the lawyer", visibility="private")
    client, path = api(cast.carol), f"tasks/{task.pk}/"
    client.patch(path, {"description": "Of the divorce", "tags": ["divorce"]})
    said = {"title": "Appointment", "description": "", "tags": [], "visibility": "household"}
    assert client.patch(path, said).status_code == 200
    client.patch(path, {"priority": "high"})
    changes = f"changes/?entity={task.pk}"
    for other in (cast.alice, cast.bob):
        rows = api(other).get(changes)
        assert [row["before"] for row in rows.json()["results"]] == [
            {"priority": "medium"},
            {"visibility": "private"},
        ]
        for text in (rows.text, browser(other).get(f"/g/home/history/?entity={task.pk}").text):
            assert "Appointment" in text
            assert "lawyer" not in text
            assert "divorce" not in text.lower()
    mine = client.get(changes).json()["results"]
    assert len(mine) == 5
    assert {"title", "description", "tags"} <= {
        name for row in mine for name in row["before"] or ()
    }
    # And so it stays, however often she changes her mind.
    client.patch(path, {"visibility": "private"})
    client.patch(path, {"visibility": "household"})
    assert len(api(cast.alice).get(changes).json()["results"]) == 1


def test_only_its_maker_can_make_it_private(cast: Cast, task: Task) -> None:
    response = api(cast.alice).patch(f"tasks/{task.pk}/", {"visibility": "private"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/visibility"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"title": "x\ud800"}, None),
        ({"due_on": "2001-01-01"}, "/due_on"),
        ({"id": "0198c0de-0000-7000-8000-000000000000"}, "/id"),
        ({"updated_at": "2026-01-01T00:00:00Z"}, "/updated_at"),
    ],
)
def test_it_refuses_what_is_wrong(
    cast: Cast, task: Task, body: dict[str, Any], pointer: str | None
) -> None:
    response = api(cast.carol).patch(f"tasks/{task.pk}/", body)
    assert response.status_code == 400
    if pointer:
        assert response.json()["errors"][0]["pointer"] == pointer
    assert stored(task, cast.carol).title == "Water the tomatoes"


def test_a_viewer_may_not(cast: Cast, task: Task) -> None:
    assert browser(cast.bob).get(page("edit", cast, task)).status_code == 403
    assert browser(cast.bob).post(page("edit", cast, task), {"title": "x"}).status_code == 403
    assert api(cast.bob).patch(f"tasks/{task.pk}/", {"title": "x"}).status_code == 403


def test_a_stranger_finds_nothing(cast: Cast, task: Task) -> None:
    assert browser(cast.charlie).post(page("edit", cast, task), {"title": "x"}).status_code == 404
    assert api(cast.charlie).patch(f"tasks/{task.pk}/", {"title": "x"}).status_code == 404
    assert (
        api(cast.charlie, cast.home).patch(f"tasks/{task.pk}/", {"title": "x"}).status_code == 404
    )


def test_the_pane_offers_and_then_shows_a_reminder(cast: Cast) -> None:
    task = make_task(cast.carol, due_on=date(2126, 1, 1), due_time=time(9))
    client = browser(cast.carol)
    text = client.get(page("detail", cast, task)).text
    assert 'name="before_minutes"' in text
    data = {
        "frequency": "before",
        "recipients": str(cast.carol.pk),
        "before_minutes": "60",
        "source_kind": "task",
        "source_id": str(task.pk),
        "next": page("detail", cast, task),
    }
    text = client.post(f"/g/{cast.home.slug}/reminders/add/", data, follow=True).text
    assert 'name="before_minutes"' not in text
    assert "08:00" in text
