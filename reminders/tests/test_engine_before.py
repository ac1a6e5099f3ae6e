"""What comes before something: its minutes are changed, it came already, nothing more is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.guild.testing import Cast, api, browser
from accounts.models import Member
from reminders.testing import deliver
from reminders.tests.test_engine_changes import inbox_of
from reminders.tests.test_engine_source import add_task, remind_before

LIST = "/g/home/reminders/"


def shown(by: Member, row: Any) -> Any:
    return api(by).get(f"reminders/{row['id']}/").json()


def came_at_once(by: Member) -> tuple[Any, Any]:
    """A task due in half an hour, and its reminder an hour before."""
    task = add_task(by, minutes=30)
    row = remind_before(by, task, 60)
    deliver()
    assert inbox_of(by) == ["Sign the form"]
    return task, row


def test_it_comes_again_with_other_minutes(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    _task, row = came_at_once(carol)

    changed = api(carol).patch(f"reminders/{row['id']}/", {"before_minutes": 10}).json()
    assert changed["next_due_at"] > (timezone.now() + timedelta(minutes=18)).isoformat()
    deliver(minutes=15)
    assert len(inbox_of(carol)) == 1
    deliver(minutes=21)

    assert inbox_of(carol) == ["Sign the form", "Sign the form"]


def test_it_comes_again_with_other_minutes_said_on_the_page(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    _task, row = came_at_once(carol)
    page = browser(carol)
    edit = page.get(f"{LIST}{row['id']}/edit/")
    said = {name: edit.context["form"][name].value() for name in edit.context["form"].fields}
    said = {name: value for name, value in said.items() if value not in (None, "")}
    said |= {"before_minutes": "10", "version": edit.context["version"]}

    answer = page.post(f"{LIST}{row['id']}/edit/", said)
    assert answer.status_code == 302, answer.context["form"].errors
    deliver(minutes=21)

    assert len(inbox_of(carol)) == 2


def test_the_same_minutes_again_are_not_said_twice(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    _task, row = came_at_once(carol)

    for minutes in (10, 60):
        api(carol).patch(f"reminders/{row['id']}/", {"before_minutes": minutes})
    assert shown(carol, row)["next_due_at"] is None
    deliver(minutes=29)

    assert len(inbox_of(carol)) == 1


def test_a_moved_task_brings_it_again_by_the_minutes_it_has_now(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task, _row = came_at_once(carol)
    later = timezone.now() + timedelta(hours=3)

    moved = {"due_on": str(later.date()), "due_time": f"{later:%H:%M}"}
    assert api(carol).patch(f"tasks/{task['id']}/", moved).status_code == 200
    deliver(hours=1, minutes=30)
    assert len(inbox_of(carol)) == 1
    deliver(hours=2, minutes=5)

    assert len(inbox_of(carol)) == 2


def test_what_came_announces_nothing_more(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    _task, row = came_at_once(carol)
    page = browser(carol)

    assert shown(carol, row)["next_due_at"] is None
    assert page.get(LIST).context["first"] is None
    pane = page.get(f"{LIST}{row['id']}/")
    assert pane.context["five"] == []
    assert pane.context["reminder"].is_over
    assert [one.pk for one in page.get("/g/home/").context["day"].coming] == []


def test_what_came_stands_behind_what_is_to_come(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    _task, row = came_at_once(carol)
    later = remind_before(carol, add_task(carol, hours=9), 60)

    answer = api(carol).get("reminders/?order=next").json()
    assert [one["id"] for one in answer["results"]] == [later["id"], row["id"]]
    page = browser(carol).get(LIST)
    assert [str(one.pk) for one in page.context["page"]] == [later["id"], row["id"]]
    assert str(page.context["first"].pk) == later["id"]


@pytest.mark.parametrize("way", ["pause", "trash"])
def test_what_came_and_goes_on_does_not_promise_it_again(committed_cast: Cast, way: str) -> None:
    carol = committed_cast.carol
    _task, row = came_at_once(carol)
    client = api(carol)

    if way == "pause":
        client.post(f"reminders/{row['id']}/pause/")
        answer = client.post(f"reminders/{row['id']}/resume/")
    else:
        client.delete(f"reminders/{row['id']}/")
        answer = client.post(f"reminders/{row['id']}/restore/")

    assert answer.json()["next_due_at"] is None
    deliver(minutes=29)
    assert len(inbox_of(carol)) == 1
