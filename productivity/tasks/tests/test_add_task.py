"""Writing down what is to be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import page


def count(cast: Cast) -> int:
    with guild_scope(cast.home.pk, cast.alice):
        total: int = Task.objects.count()
    return total


def test_it_adds_a_task_on_the_page(cast: Cast) -> None:
    response = browser(cast.carol).post(
        page("add", cast), {"title": "  Feed the cat "}, follow=True
    )
    assert response.status_code == 200
    assert "Feed the cat" in response.text
    with guild_scope(cast.home.pk, cast.alice):
        task = Task.objects.get()
        assert (task.title, task.created_by, task.priority) == (
            "Feed the cat",
            cast.carol,
            "medium",
        )
        assert Change.objects.get(verb="added").source == "web"


def test_it_adds_a_task_over_the_api(cast: Cast) -> None:
    body = {
        "title": "Pay the rent",
        "due_on": "2126-12-01",
        "due_time": "09:30",
        "time_zone": "Europe/Berlin",
        "priority": "high",
        "assignees": [str(cast.bob.pk), str(cast.alice.pk)],
        "tags": ["Money", "home"],
    }
    response = api(cast.carol).post("tasks/", body)
    assert response.status_code == 201, response.text
    row = response.json()
    assert row["due_at"] == "2126-12-01T08:30:00.000000Z"
    assert row["due_time"] == "09:30"
    assert set(row["assignees"]) == set(body["assignees"])
    assert row["tags"] == ["Money", "home"]
    assert row["created_by"] == str(cast.carol.pk)
    with guild_scope(cast.home.pk, cast.alice):
        assert Change.objects.get(verb="added").source == "api"


def test_a_day_without_a_time_is_due_when_it_is_over_in_the_households_zone(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.alice):
        type(cast.home).objects.filter(pk=cast.home.pk).update(time_zone="Asia/Kathmandu")
    row = api(cast.carol).post("tasks/", {"title": "x", "due_on": "2126-03-01"}).json()
    assert row["due_at"] == "2126-03-01T18:15:00.000000Z"
    assert row["time_zone"] == "Asia/Kathmandu"


def test_today_without_a_time_is_not_over_yet(cast: Cast) -> None:
    today = datetime.now(UTC).date().isoformat()
    body = {"title": "x", "due_on": today, "time_zone": "UTC"}
    assert api(cast.carol).post("tasks/", body).status_code == 201


def test_a_time_that_passes_while_it_is_saved_is_over(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The page was pressed a moment before the minute, the row is written a moment after it.
    pressed = timezone.now() - timedelta(minutes=2)
    due = (pressed + timedelta(minutes=1)).astimezone(UTC)
    clients = browser(cast.carol), api(cast.carol)
    body = {"title": "x", "due_on": str(due.date()), "due_time": f"{due:%H:%M}"}
    monkeypatch.setattr(timezone, "now", lambda: pressed)

    page_answer = clients[0].post(page("add", cast), body | {"time_zone": "UTC"})
    api_answer = clients[1].post("tasks/", body | {"time_zone": "UTC"})

    assert (page_answer.status_code, api_answer.status_code) == (422, 400)
    assert "over already" in page_answer.text
    assert api_answer.json()["errors"][0]["pointer"] == "/due_on"
    assert count(cast) == 0


def test_the_same_create_again_answers_the_stored_row(cast: Cast) -> None:
    client, body = api(cast.carol), {"id": str(uuid4()), "title": "Once"}
    assert client.post("tasks/", body).status_code == 201
    assert client.post("tasks/", body).status_code == 200
    assert count(cast) == 1


def test_the_same_create_is_known_whatever_the_case_of_its_tags(cast: Cast) -> None:
    client = api(cast.carol)
    client.post("tasks/", {"title": "First", "tags": ["garden"]})
    body = {"id": str(uuid4()), "title": "Once", "tags": ["Garden", "Äpfel"]}
    first = client.post("tasks/", body)
    again = client.post("tasks/", body | {"tags": ["ÄPFEL", "garden", "Garden"]})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert sorted(again.json()["tags"]) == ["garden", "Äpfel"]
    assert client.post("tasks/", body | {"tags": ["Garden"]}).status_code == 409


def test_the_same_create_is_known_after_its_moment(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a phone that was offline: the answer got lost, and it asks again much later."""
    client = api(cast.carol)
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    body = {"id": str(uuid4()), "title": "Once", "due_on": tomorrow, "time_zone": "UTC"}
    first = client.post("tasks/", body)
    later = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(timezone, "now", lambda: later)
    again = client.post("tasks/", body)
    assert (again.status_code, again.content) == (200, first.content)
    other = client.post("tasks/", body | {"id": str(uuid4())})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (400, "past")


def test_a_taken_id_is_refused(cast: Cast) -> None:
    client, body = api(cast.carol), {"id": str(uuid4()), "title": "Once"}
    client.post("tasks/", body)
    for who, other in ((cast.carol, {"title": "Else"}), (cast.alice, {}), (cast.charlie, {})):
        response = api(who).post("tasks/", body | other)
        assert response.status_code == 409
        assert response.json()["errors"][0]["pointer"] == "/id"
    assert count(cast) == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "/title"),
    ({"title": ""}, "/title"),
    ({"title": " \t "}, "/title"),
    ({"title": None}, "/title"),
    ({"title": "x" * 256}, "/title"),
    ({"title": 5}, "/title"),
    ({"title": {"a": 1}}, "/title"),
    ({"title": ["x"]}, "/title"),
    ({"title": "a\0b"}, "/title"),
    ({"title": "x", "description": "y" * 1001}, "/description"),
    ({"title": "x", "description": False}, "/description"),
    ({"title": "x", "nonsense": 1}, "/nonsense"),
    ({"title": "x", "completed": True}, "/completed"),
    ({"title": "x", "created_by": str(uuid4())}, "/created_by"),
    ({"title": "x", "priority": "normal"}, "/priority"),
    ({"title": "x", "status": "finished"}, "/status"),
    ({"title": "x", "visibility": "public"}, "/visibility"),
    ({"title": "x", "due_on": "2126-02-31"}, "/due_on"),
    ({"title": "x", "due_on": "12abc"}, "/due_on"),
    ({"title": "x", "due_on": 20261231}, "/due_on"),
    ({"title": "x", "due_on": "1969-12-31"}, "/due_on"),
    ({"title": "x", "due_on": "9999-12-31"}, "/due_on"),
    ({"title": "x", "due_on": "10000-01-01"}, "/due_on"),
    ({"title": "x", "due_on": "2001-01-01"}, "/due_on"),
    ({"title": "x", "due_time": "09:00"}, "/due_on"),
    ({"title": "x", "due_on": "2126-01-01", "due_time": "25:00"}, "/due_time"),
    ({"title": "x", "due_on": "2126-01-01", "time_zone": "Mars/Olympus"}, "/time_zone"),
    ({"title": "x", "assignees": [str(uuid4())]}, "/assignees/0"),
    ({"title": "x", "assignees": ["12abc"]}, "/assignees/0"),
    ({"title": "x", "assignees": 10**20}, "/assignees"),
    ({"title": "x", "tags": ["ok", ""]}, "/tags/1"),
    ({"title": "x", "tags": ["x" * 51]}, "/tags/0"),
    ({"title": "x", "id": str(10**20)}, "/id"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_it_refuses_what_is_wrong_and_names_the_field(
    cast: Cast, body: dict[str, Any], pointer: str
) -> None:
    response = api(cast.carol).post("tasks/", body)
    assert response.status_code == 400, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert count(cast) == 0


def test_a_member_of_another_household_cannot_be_assigned(cast: Cast) -> None:
    body = {"title": "x", "assignees": [str(cast.charlie.pk)]}
    response = api(cast.carol).post("tasks/", body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/assignees/0"


def test_a_private_task_is_assigned_to_its_maker_alone(cast: Cast) -> None:
    body = {"title": "x", "visibility": "private", "assignees": [str(cast.bob.pk)]}
    assert api(cast.carol).post("tasks/", body).status_code == 400
    body["assignees"] = [str(cast.carol.pk)]
    assert api(cast.carol).post("tasks/", body).status_code == 201


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"title": ""}, "required"),
        ({"title": "x" * 256}, "255"),
        ({"title": "x", "due_on": "2126-02-31"}, "valid date"),
        ({"title": "x", "due_on": "1969-12-31"}, "between 1970"),
        ({"title": "x", "due_on": "2001-01-01"}, "over already"),
        ({"title": "x", "time_zone": "Mars/Olympus", "due_on": "2126-01-01"}, "no time zone"),
        ({"title": "x", "priority": "12abc"}, "valid choice"),
    ],
)
def test_the_page_says_what_is_wrong_beside_the_field(
    cast: Cast, form: dict[str, str], words: str
) -> None:
    response = browser(cast.carol).post(page("add", cast), form)
    assert response.status_code == 422
    assert words in response.text
    assert count(cast) == 0


def test_text_that_no_database_can_hold_is_refused(cast: Cast) -> None:
    assert browser(cast.carol).post(page("add", cast), {"title": "a\0b"}).status_code == 400
    assert browser(cast.carol).get(page("index", cast) + "?q=%00").status_code == 400
    assert browser(cast.carol).get(page("index", cast) + "?q=%ff").status_code == 400
    assert count(cast) == 0


def test_a_viewer_may_not(cast: Cast) -> None:
    assert browser(cast.bob).post(page("add", cast), {"title": "x"}).status_code == 403
    assert api(cast.bob).post("tasks/", {"title": "x"}).status_code == 403
    assert count(cast) == 0


def test_a_stranger_finds_nothing(cast: Cast) -> None:
    assert browser(cast.charlie).post(page("add", cast), {"title": "x"}).status_code == 404
    assert api(cast.charlie, cast.home).post("tasks/", {"title": "x"}).status_code == 404
    assert count(cast) == 0


def test_nobody_is_sent_to_sign_in(cast: Cast) -> None:
    assert browser(None).post(page("add", cast), {"title": "x"}).status_code == 302
    assert api(None, cast.home).post("tasks/", {"title": "x"}).status_code == 401


@pytest.mark.parametrize("tag", ["İstanbul", "ΟΔΟΣ", "Straße", "ǅ"])
def test_a_tag_in_any_script_is_one_whatever_its_case(cast: Cast, tag: str) -> None:
    for tags in ([tag], [tag, tag], [tag.upper()]):
        response = api(cast.carol).post("tasks/", {"title": "Water the plants", "tags": tags})
        assert response.status_code == 201, response.content
        assert len(response.json()["tags"]) == 1
