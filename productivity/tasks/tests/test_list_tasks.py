"""Lists: who sees what, narrowed how, in how many queries."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import make_task, page


def titles(response: Any) -> set[str]:
    assert response.status_code == 200, response.text
    return {row["title"] for row in response.json()["results"]}


@pytest.fixture
def some(cast: Cast) -> Cast:
    far = {"due_on": timezone.localdate() + timedelta(days=9)}
    make_task(cast.carol, title="Mine", assignees=[cast.carol], **far)
    make_task(cast.carol, title="50% off_sale", tags=["Shop"], description="Half PRICE")
    make_task(cast.alice, title="Roof", priority="urgent", status="in_progress")
    make_task(cast.alice, title="Letter", status="done")
    make_task(cast.alice, title="Secret", visibility="private")
    make_task(cast.charlie, title="Foreign")
    return cast


def test_a_member_sees_the_household_and_her_own(some: Cast) -> None:
    shared = {"Mine", "50% off_sale", "Roof", "Letter"}
    assert titles(api(some.carol).get("tasks/")) == shared
    assert titles(api(some.bob).get("tasks/")) == shared
    assert titles(api(some.alice).get("tasks/")) == shared | {"Secret"}
    assert titles(api(some.charlie).get("tasks/")) == {"Foreign"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=done", {"Letter"}),
        ("status=done&status=in_progress", {"Letter", "Roof"}),
        ("completed=false", {"Mine", "50% off_sale", "Roof"}),
        ("priority=urgent", {"Roof"}),
        ("tag=shop", {"50% off_sale"}),
        ("q=HALF", {"50% off_sale"}),
        ("q=%25", {"50% off_sale"}),
        ("q=_", {"50% off_sale"}),
        ("q=nowhere", set()),
        ("due_from=2001-01-01", {"Mine"}),
        ("due_until=2001-01-01", set()),
        ("overdue=true", set()),
        ("deleted=true", set()),
    ],
)
def test_it_narrows(some: Cast, query: str, expected: set[str]) -> None:
    assert titles(api(some.carol).get(f"tasks/?{query}")) == expected


def test_it_narrows_by_assignee(some: Cast) -> None:
    assert titles(api(some.carol).get(f"tasks/?assignee={some.carol.pk}")) == {"Mine"}
    assert titles(api(some.carol).get(f"tasks/?assignee={some.bob.pk}")) == set()


def test_what_is_overdue_is_found(some: Cast) -> None:
    with guild_scope(some.home.pk, some.carol):
        past = timezone.now() - timedelta(minutes=1)
        Task.objects.filter(title="Mine").update(created_at=past - timedelta(days=1), due_at=past)
    assert titles(api(some.carol).get("tasks/?overdue=true")) == {"Mine"}
    assert "Mine" not in titles(api(some.carol).get("tasks/?overdue=false"))
    assert "one of them late" in browser(some.carol).get(page("index", some)).text


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "status=finished",
        "completed=yes",
        "due_from=2026-02-31",
        "due_from=12abc",
        "assignee=12abc",
        "limit=0",
        "limit=501",
        "limit=12abc",
        "limit=99999999999999999999",
        "cursor=rubbish",
        "order=rubbish",
        "tag=a&tag=b",
        "q=",
    ],
)
def test_it_refuses_what_it_does_not_know(some: Cast, query: str) -> None:
    response = api(some.carol).get(f"tasks/?{query}")
    assert response.status_code == 400
    name = query.split("=", maxsplit=1)[0]
    assert [error["pointer"].strip("/") for error in response.json()["errors"]] == [name]


@pytest.mark.parametrize("order", ["newest", "due", "title", "changed"])
def test_pages_hold_each_row_once(some: Cast, order: str) -> None:
    seen, path = [], f"tasks/?limit=1&order={order}"
    client, cursor = api(some.carol), ""
    while True:
        body = client.get(path + cursor).json()
        seen += [row["title"] for row in body["results"]]
        if body["next"] is None:
            break
        cursor = f"&cursor={body['next']}"
    assert sorted(seen) == ["50% off_sale", "Letter", "Mine", "Roof"]
    everything = client.get(f"tasks/?order={order}").json()["results"]
    assert seen == [row["title"] for row in everything]


def test_a_row_of_the_list_is_the_row_alone(some: Cast) -> None:
    client = api(some.carol)
    for row in client.get("tasks/").json()["results"]:
        assert client.get(f"tasks/{row['id']}/").json() == row


def test_the_page_groups_by_day(some: Cast) -> None:
    soon = timezone.localdate() + timedelta(days=1)
    make_task(some.carol, title="Feed the cat", due_on=soon)
    text = browser(some.carol).get(page("index", some)).text
    wanted = ["Tomorrow", "<b>Feed the cat</b>", "<b>Mine</b>", "Some time", "<b>Roof</b>"]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "Secret" not in text


def test_the_pages_filters_live_in_its_address(some: Cast) -> None:
    client = browser(some.carol)
    mine = client.get(page("index", some) + "?who=me").text
    assert "Mine" in mine
    assert "Roof" not in mine
    assert "Letter" in client.get(page("index", some) + "?show=done").text
    assert "50% off_sale" in client.get(page("index", some) + "?q=%25&tag=SHOP").text
    rubbish = ["status=done", "late=x", "on=12abc", "who=12abc", "page=99", "page=x", "show=x"]
    for wrong in [*rubbish, "priority=x", "tag=" + "x" * 999]:
        assert client.get(page("index", some) + "?" + wrong).status_code == 200


def shown(client: Any, path: str) -> set[str]:
    """The titles in the page's list."""
    return set(re.findall(r"row-main.*?<b>(.*?)</b>", client.get(path).text, re.DOTALL))


def test_each_day_has_one_heading_whatever_the_zones(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.carol):
        type(cast.home).objects.update(time_zone="Europe/Berlin")
    day = {"due_on": date(2126, 6, 11), "time_zone": "America/New_York"}
    make_task(cast.carol, title="Eleventh, until it is over in New York", **day)
    night = {"due_on": date(2126, 6, 12), "time_zone": "Europe/Berlin"}
    make_task(cast.carol, title="Twelfth, at five", due_time=time(5), **night)
    make_task(cast.carol, title="Twelfth", **night)
    make_task(cast.carol, title="Some time")
    text = browser(cast.carol).get(page("index", cast)).text
    headings_and_rows = r'<h2 class="group[^>]*>(.*?) <small>|row-main.*?<b>(.*?)</b>'
    assert re.findall(headings_and_rows, text, re.DOTALL) == [
        ("11 June 2126", ""),
        ("", "Eleventh, until it is over in New York"),
        ("12 June 2126", ""),
        ("", "Twelfth, at five"),
        ("", "Twelfth"),
        ("Some time", ""),
        ("", "Some time"),
    ]


def test_the_page_narrows_by_status_by_late_and_by_day(some: Cast) -> None:
    client, path = browser(some.carol), page("index", some)
    past = timezone.now() - timedelta(minutes=1)
    with guild_scope(some.home.pk, some.carol):
        due = {"due_at": past, "due_on": past.date(), "time_zone": "UTC"}
        half = Task.objects.filter(title__startswith="50%")
        half.update(created_at=past - timedelta(days=1), **due)
        on = Task.objects.get(title="Mine").due_on
    assert shown(client, f"{path}?status=in_progress") == {"Roof"}
    assert shown(client, f"{path}?status=blocked") == set()
    assert shown(client, f"{path}?late=1") == {"50% off_sale"}
    assert shown(client, f"{path}?on={on}") == {"Mine"}
    # What is chosen is marked, and a search keeps it.
    text = client.get(f"{path}?status=in_progress&late=1&on={on}").text
    assert len(re.findall('class="chip"[^>]*aria-current="true"', text)) == 3
    for name, value in (("status", "in_progress"), ("late", "1"), ("on", str(on))):
        assert f'<input type="hidden" name="{name}" value="{value}">' in text


def test_the_task_beside_the_list_is_marked_in_it(cast: Cast, task: Task) -> None:
    make_task(cast.carol, title="Another")
    text = browser(cast.bob).get(page("detail", cast, task)).text
    assert re.findall(r'<li class="row[^>]*id="task-([^"]*)" aria-current="true"', text) == [
        str(task.pk)
    ]


def test_the_pane_shows_a_task_beside_the_list(cast: Cast, task: Task, secret: Task) -> None:
    response = browser(cast.bob).get(page("detail", cast, task))
    assert task.title in response.text
    assert browser(cast.bob).get(page("detail", cast, secret)).status_code == 404
    assert browser(cast.charlie).get(page("detail", cast, task)).status_code == 404
    assert browser(None).get(page("detail", cast, task)).status_code == 302


def test_ids_that_are_none_are_404(cast: Cast, task: Task) -> None:
    for wrong in (10**20, 2**63, "x", "0198c0de-0000-7000-8000-000000000000"):
        assert api(cast.carol).get(f"tasks/{wrong}/").status_code == 404
        assert browser(cast.carol).get(f"{page('index', cast)}{wrong}/").status_code == 404
