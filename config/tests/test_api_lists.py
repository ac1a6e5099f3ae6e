from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api
from productivity.tasks.models import Task, TaskAssignee

pytestmark = pytest.mark.urls("config.tests.probe_api")
SOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def add(cast: Cast, title: str, due_at: datetime | None = None, **fields: Any) -> Task:
    due: dict[str, Any] = {}
    if due_at:
        due = {"due_at": due_at, "due_on": due_at.date(), "time_zone": "UTC"}
    with guild_scope(cast.home.pk, cast.carol):
        task: Task = Task.objects.create(title=title, created_by=cast.carol, **due, **fields)
    return task


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["title"] for row in response.json()["results"]]


def walk(cast: Cast, query: str) -> list[str]:
    """The titles of all pages."""
    seen, cursor = [], ""
    while True:
        response = api(cast.carol).get(f"probes/?{query}{cursor}")
        seen += titles(response)
        if response.json()["next"] is None:
            return seen
        cursor = f"&cursor={response.json()['next']}"


def test_a_row_of_a_list_is_the_row_itself(cast: Cast) -> None:
    task = add(
        cast,
        'Müll "raus" \\ \u2028 😀\n\x1f',
        SOON,
        due_time=time(7, 5),
        status="done",
        completed_at=SOON + timedelta(microseconds=5),
        completed_by=cast.alice,
    )
    with guild_scope(cast.home.pk, cast.carol):
        TaskAssignee.objects.create(task=task, member=cast.bob)
        TaskAssignee.objects.create(task=task, member=cast.alice)
    detail = api(cast.carol).get(f"probes/{task.pk}/")
    listed = api(cast.carol).get("probes/")
    assert listed.content == b'{"results":[%s],"next":null}' % detail.content
    with guild_scope(cast.home.pk, cast.carol):
        task.refresh_from_db()
    assert detail.json() == {
        "id": str(task.pk),
        "title": task.title,
        "description": "",
        "status": "done",
        "completed": True,
        "completed_at": "2030-01-01T12:00:00.000005Z",
        "completed_by": str(cast.alice.pk),
        "due_on": "2030-01-01",
        "due_time": "07:05",
        "time_zone": "UTC",
        "due_at": "2030-01-01T12:00:00.000000Z",
        "visibility": "household",
        "assignees": sorted([str(cast.alice.pk), str(cast.bob.pk)]),
        "created_by": str(cast.carol.pk),
        "created_at": task.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "updated_at": task.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def test_an_empty_list(cast: Cast) -> None:
    assert api(cast.carol).get("probes/").json() == {"results": [], "next": None}


def test_head_answers_without_a_body(cast: Cast) -> None:
    response = api(cast.carol).generic("HEAD", "probes/")
    assert (response.status_code, response.content) == (200, b"")


def test_a_list_takes_three_queries(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Who asks, the scope, the page; besides the savepoint that a test's transaction makes of it,
    and the scope that is put back in one.
    """
    for number in range(5):
        add(cast, f"Task {number}", SOON)
    client = api(cast.carol)
    client.get("probes/")
    with django_assert_num_queries(3 + 3) as captured:
        client.get("probes/")
    kinds = [query["sql"].split("(")[0][:20] for query in captured.captured_queries]
    assert sum("SAVEPOINT" in kind for kind in kinds) == 2


@pytest.mark.parametrize("order", ["due", "latest", "newest", "title"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_hold_each_row_once(cast: Cast, order: str, limit: int) -> None:
    """Also where keys are null or the same."""
    days = [None, SOON, SOON, None, SOON + timedelta(1), SOON, None]
    for number, due_at in enumerate(days):
        add(cast, f"Task {number % 3}", due_at)
    whole = api(cast.carol).get(f"probes/?order={order}").json()["results"]
    paged, cursor = [], ""
    while True:
        page = api(cast.carol).get(f"probes/?order={order}&limit={limit}{cursor}").json()
        paged += page["results"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(paged) == 7
    assert paged == whole


def test_pages_stay_right_while_rows_come_and_go(cast: Cast) -> None:
    first, *_others = [add(cast, f"Task {n}", SOON + timedelta(n)) for n in range(4)]
    page = api(cast.carol).get("probes/?limit=2").json()
    with guild_scope(cast.home.pk, cast.carol):
        Task.objects.filter(pk=first.pk).update(deleted_at=SOON)
    add(cast, "Earlier", SOON - timedelta(1))
    assert titles(api(cast.carol).get(f"probes/?cursor={page['next']}")) == ["Task 2", "Task 3"]


def test_filters_narrow_the_list(cast: Cast) -> None:
    bins = add(cast, "Bins", SOON)
    add(cast, "Dishes", status="done", completed_at=SOON)
    add(cast, "Walls 100%", status="blocked")
    with guild_scope(cast.home.pk, cast.carol):
        TaskAssignee.objects.create(task=bins, member=cast.bob)
    client = api(cast.carol)
    assert titles(client.get("probes/?status=done")) == ["Dishes"]
    assert set(titles(client.get("probes/?status=done&status=blocked"))) == {"Dishes", "Walls 100%"}
    assert titles(client.get("probes/?completed=true")) == ["Dishes"]
    assert titles(client.get(f"probes/?assignee={cast.bob.pk}")) == ["Bins"]
    assert titles(client.get("probes/?due=2030-01-01")) == ["Bins"]
    assert titles(client.get("probes/?text=100%25")) == ["Walls 100%"]
    assert titles(client.get("probes/?text=_")) == []
    assert walk(cast, "limit=1&completed=false&order=title") == ["Bins", "Walls 100%"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("colour=red", "/colour"),
        ("status=DONE", "/status"),
        ("status=done&status=x", "/status"),
        ("status=", "/status"),
        ("completed=1", "/completed"),
        ("completed=yes", "/completed"),
        ("completed=true&completed=false", "/completed"),
        ("assignee=7", "/assignee"),
        ("assignee=9223372036854775808", "/assignee"),
        ("due=2027-02-31", "/due"),
        ("due=31.12.2026", "/due"),
        ("due=12abc", "/due"),
        ("text=" + "x" * 201, "/text"),
        ("limit=0", "/limit"),
        ("limit=501", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=1e2", "/limit"),
        ("limit=99999999999999999999", "/limit"),
        ("limit=%D9%A1", "/limit"),
        ("limit=", "/limit"),
        ("limit=5&limit=6", "/limit"),
        ("order=colour", "/order"),
        ("cursor=", "/cursor"),
        ("cursor=x", "/cursor"),
        ("cursor=%C3%A4", "/cursor"),
        ("offset=5", "/offset"),
    ],
)
def test_it_refuses_parameters_it_does_not_mean(cast: Cast, query: str, pointer: str) -> None:
    response = api(cast.carol).get(f"probes/?{query}")
    assert response.status_code == 400
    assert {error["pointer"] for error in response.json()["errors"]} == {pointer}


@pytest.mark.parametrize(
    "parts",
    [
        [],
        {},
        ["due"],
        ["due", None],
        ["due", 5, "x"],
        ["due", None, "x"],
        ["due", None, 7],
        ["due", "2030-01-01T12:00:00", "01a1f904-0000-7000-8000-000000000000"],
        ["due", "0001-01-01T00:00:00+23:59", "x"],
        ["title", None, "01a1f904-0000-7000-8000-000000000000"],
        ["due", "12abc", "01a1f904-0000-7000-8000-000000000000"],
        ["due", {"a": 1}, "01a1f904-0000-7000-8000-000000000000"],
        ["due", None, "01a1f904-0000-7000-8000-000000000000", 1],
    ],
)
def test_it_refuses_cursors_made_up(cast: Cast, parts: Any) -> None:
    made_up = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    assert api(cast.carol).get(f"probes/?cursor={made_up}").status_code == 400


def test_a_cursor_belongs_to_its_order(cast: Cast) -> None:
    for number in range(2):
        add(cast, f"Task {number}")
    cursor = api(cast.carol).get("probes/?limit=1").json()["next"]
    assert api(cast.carol).get(f"probes/?order=newest&cursor={cursor}").status_code == 400


@pytest.mark.parametrize("title", ["\x00", "😀" * 50, "\ud800"])
def test_cursors_hold_any_text(cast: Cast, title: str) -> None:
    raw = json.dumps(["title", title, "01a1f904-0000-7000-8000-000000000000"]).encode()
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    response = api(cast.carol).get(f"probes/?order=title&cursor={cursor}")
    assert response.status_code == (200 if title.startswith("😀") else 400)


def test_the_last_days_of_the_calendar_are_answered(cast: Cast) -> None:
    add(cast, "Late", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    [row] = api(cast.carol).get("probes/").json()["results"]
    assert row["due_at"] == "9999-12-31T23:59:59.999999Z"
    assert row["due_on"] == str(date(9999, 12, 31))
    add(cast, "Later still")
    assert walk(cast, "limit=1") == ["Late", "Later still"]
