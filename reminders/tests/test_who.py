"""For whom: who is assigned, who has not answered, and never nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.actions.member import leave_guild
from accounts.guild.ids import uuid7
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser, make_person
from accounts.models import User
from reminders import sources
from reminders.engine.database import run
from reminders.engine.plan import plan
from reminders.testing import clock_shifted, deliver, make_reminder
from reminders.tests.rounds import inbox_of, letters_of, refused, remind, rows
from reminders.tests.test_engine_source import add_task


def task_for(cast: Cast, *people: Any, **said: Any) -> Any:
    task = add_task(cast.carol, hours=3)
    body = {"assignees": [str(member.pk) for member in people]} | said
    assert api(cast.carol).patch(f"tasks/{task['id']}/", body).status_code == 200
    return task


def of_task(task: Any, **said: Any) -> dict[str, Any]:
    return {"source": {"kind": "task", "id": task["id"]}, "recipients": "assigned"} | said


def test_whom_the_task_is_assigned_to_gets_it(committed_cast: Cast) -> None:
    cast = committed_cast
    row = remind(cast.carol, **of_task(task_for(cast, cast.alice, cast.bob)))

    deliver(seconds=5)

    assert row["recipients"] == "assigned"
    assert [inbox_of(member) for member in (cast.alice, cast.bob, cast.carol)] == [
        ["Feed the cat"],
        ["Feed the cat"],
        [],
    ]


@pytest.mark.parametrize("frequency", ["once", "before"])
def test_another_assignment_reaches_the_new_one(committed_cast: Cast, frequency: str) -> None:
    cast = committed_cast
    task = task_for(cast, cast.alice)
    soon = (timezone.now() + timedelta(seconds=20)).isoformat()
    when: Any = {"once": {"at": soon}, "before": {"before_minutes": 60}}[frequency]
    row = remind(cast.carol, **of_task(task, frequency=frequency, **when))
    deliver()  # what is soon is planned now

    body = {"assignees": [str(cast.bob.pk)]}
    assert api(cast.carol).patch(f"tasks/{task['id']}/", body).status_code == 200
    deliver(hours=2, minutes=1)

    assert (inbox_of(cast.alice), inbox_of(cast.bob)) == ([], ["Feed the cat"])
    assert ("Bob", "sent", "") in rows(row["id"], "status", "reason")


def test_who_is_not_assigned_any_more_is_skipped_at_the_last_moment(committed_cast: Cast) -> None:
    cast = committed_cast
    task = task_for(cast, cast.alice, cast.bob)
    soon = (timezone.now() + timedelta(seconds=20)).isoformat()
    row = remind(cast.carol, **of_task(task, frequency="once", at=soon))
    deliver()  # plans it
    run("DELETE FROM tasks_taskassignee WHERE member_id = %s", [cast.bob.pk])

    deliver(seconds=30)

    assert (inbox_of(cast.alice), inbox_of(cast.bob)) == (["Feed the cat"], [])
    assert ("Bob", "skipped", "reassigned") in rows(row["id"], "status", "reason")


def test_where_nobody_is_assigned_its_maker_hears_why(committed_cast: Cast) -> None:
    cast = committed_cast
    row = remind(cast.carol, **of_task(task_for(cast)))

    deliver(seconds=5)

    page = browser(cast.carol).get(f"/g/home/reminders/{row['id']}/").content.decode()
    assert "Nobody is assigned" in page
    [letter] = letters_of(cast.carol)
    assert letter.body == "Nobody is assigned, so it comes to you.\n\nSign the form"
    assert {state for _, state in rows(row["id"], "status")} == {"sent"}
    assert [one.to for one in mail.outbox] == [["carol@example.org"]]


def test_a_source_that_breaks_for_a_moment_is_asked_again(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    soon = (timezone.now() + timedelta(seconds=90)).isoformat()
    row = remind(cast.carol, **of_task(task_for(cast, cast.alice), frequency="once", at=soon))
    make_reminder(cast.carol, recipients=[cast.bob], in_seconds=90, message="Whole")
    with monkeypatch.context() as broken, clock_shifted(seconds=65):
        broken.setitem(sources._sources, "task", Mute(sources._sources["task"]))
        plan()
        plan()
    assert rows(row["id"], "status") == []

    deliver(seconds=78)
    assert rows(row["id"], "channel", "status") == [
        ("Alice", "inbox", "planned"),
        ("Alice", "email", "planned"),
    ]
    deliver(seconds=95)

    # Neither is anybody told too late, nor her who made it that nobody is assigned.
    assert [inbox_of(one) for one in (cast.alice, cast.bob, cast.carol)] == [
        ["Feed the cat"],
        ["Whole"],
        [],
    ]


def test_of_a_source_that_stays_broken_its_maker_hears_once(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    soon = (timezone.now() + timedelta(seconds=1)).isoformat()
    row = remind(cast.carol, **of_task(task_for(cast, cast.alice), frequency="once", at=soon))
    monkeypatch.setitem(sources._sources, "task", Mute(sources._sources["task"]))
    for minutes in (1, 30, 59):
        deliver(minutes=minutes)
        assert rows(row["id"], "status") == []
    for minutes in (62, 90, 600):
        deliver(minutes=minutes)

    [letter] = letters_of(cast.carol)
    assert letter.body == (
        "It could not be asked whom this is for, so it comes to you.\n\nSign the form"
    )
    page = browser(cast.carol).get(f"/g/home/reminders/{row['id']}/").content.decode()
    assert "It could not be asked whom it is for" in page
    assert inbox_of(cast.alice) == []
    found = staff_client().get("/admin/reminders/notification/?because__exact=unasked")
    assert str(letter.pk) in found.content.decode()


def staff_client() -> Client:
    user = make_person("Sam")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


def test_a_source_that_breaks_right_after_a_long_break_is_asked_again(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    remind(cast.carol, **of_task(task_for(cast, cast.alice)))
    with monkeypatch.context() as broken:
        broken.setitem(sources._sources, "task", Mute(sources._sources["task"]))
        deliver(hours=2)
    deliver(hours=2, seconds=20)
    assert [inbox_of(one) for one in (cast.alice, cast.carol)] == [["Feed the cat"], []]


class Mute:
    """A source that cannot say whom anything is for."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        if name == "recipients":
            raise RuntimeError(name)
        return getattr(self._source, name)


def test_where_its_maker_has_left_the_owner_hears_of_it(committed_cast: Cast) -> None:
    cast = committed_cast
    remind(cast.carol, **of_task(task_for(cast)))
    with guild_scope(cast.home.pk, cast.carol):
        leave_guild(cast.carol, at=timezone.now())

    deliver(seconds=5)

    assert inbox_of(cast.alice) == ["Feed the cat"]


def test_each_time_it_is_asked_anew(committed_cast: Cast) -> None:
    cast = committed_cast
    task = task_for(cast, cast.alice)
    remind(cast.carol, **of_task(task, frequency="interval", every_minutes=60))
    deliver(minutes=61)
    assert (inbox_of(cast.alice), inbox_of(cast.bob)) == (["Feed the cat"], [])

    api(cast.carol).patch(f"tasks/{task['id']}/", {"assignees": [str(cast.bob.pk)]})
    deliver(minutes=121)

    assert (inbox_of(cast.alice), inbox_of(cast.bob)) == (["Feed the cat"], ["Feed the cat"])


def test_it_is_planned_by_nobody_when_nothing_is_there_to_ask(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = task_for(committed_cast, carol)

    assert refused(carol, recipients="assigned") == [("/recipients", "no_source")]
    said = of_task(task, recipients="unanswered")
    assert refused(carol, **said) == [("/recipients", "unknown_audience")]
    assert refused(carol, recipients="nobody") == [("/recipients", "not_a_word")]
    assert refused(carol, recipients=[]) == [("/recipients", "empty")]
    assert refused(carol, recipients=[str(committed_cast.charlie.pk)]) == [
        ("/recipients/0", "unknown")
    ]
    row = remind(carol, **of_task(task))
    response = api(carol).patch(f"reminders/{row['id']}/", {"source": None})
    assert response.json()["errors"][0]["pointer"] == "/recipients"


class Questions:
    """A kind of row that knows who has not answered, and counts how often it is asked."""

    audiences = frozenset({"unanswered"})

    def __init__(self) -> None:
        self.silent: dict[UUID, list[UUID]] = {}
        self.asked = 0

    def recipients(self, ids: Sequence[UUID], _audience: str) -> Mapping[UUID, Collection[UUID]]:
        self.asked += 1
        return {pk: self.silent.get(pk, []) for pk in ids}

    def next_time(self, _ids: Sequence[UUID], _after: datetime) -> Mapping[UUID, datetime]:
        return {}

    def wanted(self, ids: Sequence[UUID]) -> Collection[UUID]:
        return set(ids)

    def text(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        return dict.fromkeys(ids, "Pizza or pasta?")

    def url(self, _ids: Sequence[UUID]) -> Mapping[UUID, str]:
        return {}


@pytest.fixture
def questions() -> Iterator[Questions]:
    kind = Questions()
    sources.register("question", kind)
    yield kind
    del sources._sources["question"]


def test_who_has_not_answered_gets_it_and_who_did_meanwhile_does_not(
    committed_cast: Cast, questions: Questions
) -> None:
    cast, question = committed_cast, uuid7()
    questions.silent[question] = [cast.alice.pk, cast.bob.pk]
    at = (timezone.now() + timedelta(seconds=20)).isoformat()
    said: Any = {"source": {"kind": "question", "id": str(question)}, "recipients": "unanswered"}
    for _ in range(5):
        remind(cast.carol, message="", frequency="once", at=at, **said)
    deliver()
    # However many hang on it: whom they are for is one question.
    assert questions.asked == 1

    questions.silent[question] = [cast.bob.pk]
    deliver(seconds=30)

    assert inbox_of(cast.alice) == []
    assert inbox_of(cast.bob) == ["Pizza or pasta?"] * 5


def test_the_page_offers_it_where_there_is_a_source(committed_cast: Cast) -> None:
    cast = committed_cast
    task = task_for(cast, cast.alice)
    page = browser(cast.carol)
    shown = page.get(f"/g/home/reminders/add/?source_kind=task&source_id={task['id']}")
    assert "Whoever it is assigned to" in shown.content.decode()

    said = {"source_kind": "task", "source_id": task["id"], "frequency": "before"}
    said |= {"before_minutes": "60", "assigned": "on"}
    response = page.post("/g/home/reminders/add/", said)
    assert response.status_code == 302, response.context["form"].errors

    said_of_it = page.get(response["Location"]).content.decode()
    assert "Whoever it is assigned to" in said_of_it
    assert "Whoever it is assigned to" not in page.get("/g/home/reminders/add/").content.decode()
