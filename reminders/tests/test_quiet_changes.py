"""What the engine writes down for itself is no change that somebody made: nobody is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.guild.testing import Cast, api, browser
from accounts.models import Member
from reminders.models import Reminder
from reminders.testing import deliver, make_reminder
from reminders.tests.test_engine_changes import inbox_of
from reminders.tests.test_engine_source import add_task, remind_before


def daily(by: Member, *, seconds: int) -> Reminder:
    at = timezone.now() + timedelta(seconds=seconds)
    clock = at.time().replace(microsecond=0)
    return make_reminder(by, frequency="daily", time=clock, time_zone="UTC")


def patch(by: Member, path: str, tag: str, said: dict[str, Any]) -> int:
    status: int = api(by).patch(path, said, headers={"If-Match": tag}).status_code
    return status


def test_a_form_opened_before_it_fired_is_saved_after(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    url = f"/g/home/reminders/{daily(carol, seconds=60).pk}/edit/"
    page = browser(carol)
    edit = page.get(url)
    said = {name: edit.context["form"][name].value() for name in edit.context["form"].fields}
    said = {name: value for name, value in said.items() if value not in (None, "")}
    said |= {"message": "Feed both cats", "version": edit.context["version"]}

    deliver(seconds=70)
    assert inbox_of(carol) == ["Feed the cat"]

    assert page.post(url, said).status_code == 302


def test_a_client_that_read_it_before_it_fired_may_write_it_after(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    path = f"reminders/{daily(carol, seconds=60).pk}/"
    tag = api(carol).get(path).headers["ETag"]

    deliver(seconds=70)

    assert patch(carol, path, tag, {"message": "Feed both cats"}) == 200
    assert patch(carol, path, tag, {"message": "Feed no cat"}) == 412


def test_the_order_by_changes_is_not_that_of_firings(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    first, second = daily(carol, seconds=60), daily(carol, seconds=3600)

    deliver(seconds=70)

    rows = api(carol).get("reminders/?order=changed").json()["results"]
    assert [row["id"] for row in rows] == [str(second.pk), str(first.pk)]


def test_a_moved_task_changes_nothing_that_is_said_of_its_reminders(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    path = f"reminders/{remind_before(carol, task, 60)['id']}/"
    tag = api(carol).get(path).headers["ETag"]

    later = timezone.now() + timedelta(hours=6)
    moved = {"due_on": str(later.date()), "due_time": f"{later:%H:%M}"}
    assert api(carol).patch(f"tasks/{task['id']}/", moved).status_code == 200
    for verb in ("complete", "reopen"):
        assert api(carol).post(f"tasks/{task['id']}/{verb}/").status_code == 200

    assert patch(carol, path, tag, {"before_minutes": 30}) == 200


def test_other_recipients_are_a_change(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    path = f"reminders/{daily(carol, seconds=60).pk}/"
    tag = api(carol).get(path).headers["ETag"]

    deliver(seconds=40)  # plans it
    assert patch(carol, path, tag, {"recipients": [str(bob.pk)]}) == 200

    assert patch(carol, path, tag, {"recipients": [str(carol.pk)]}) == 412
