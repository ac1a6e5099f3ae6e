"""A mail that waits for its next try: taken back with what it tells of, and back with its undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast, api, browser
from accounts.models import Member
from reminders.testing import clock_shifted, deliver, deliveries
from reminders.tests.smtp import Postbox, postbox
from reminders.tests.test_engine_source import add_task, remind_before

Undone = Callable[[Member, Any, Any], None]


@pytest.fixture
def box(settings: Settings) -> Iterator[Postbox]:
    with postbox() as box:
        settings.MAILERS = box.mailers()
        yield box


def refused_once(by: Member, box: Postbox, **said: Any) -> tuple[Any, Any]:
    """A task and its reminder, which came; the mail server was busy and is asked again soon."""
    task = add_task(by, minutes=30)
    box.answers = ["451 4.3.0 busy"]
    row = remind_before(by, task, 60, **said)
    deliver(seconds=1)
    assert mails(row) == [("planned", "451 4.3.0 busy")]
    return task, row


def mails(row: Any) -> list[tuple[str, str]]:
    found = deliveries(row["id"])
    return [(one["status"], one["reason"]) for one in found if one["channel"] == "email"]


def bin_and_undo(by: Member, _task: Any, row: Any) -> None:
    api(by).delete(f"reminders/{row['id']}/")
    api(by).post(f"reminders/{row['id']}/restore/")


def tick_and_undo(by: Member, task: Any, _row: Any) -> None:
    for verb in ("complete", "reopen"):
        api(by).post(f"tasks/{task['id']}/{verb}/")


def done_and_undo(by: Member, _task: Any, _row: Any) -> None:
    page = browser(by)
    [letter] = page.get("/g/home/inbox/").context["page"]
    for verb in ("done", "reopen"):
        assert page.post(f"/g/home/inbox/{letter.pk}/{verb}/").status_code == 302


@pytest.mark.parametrize("undone", [bin_and_undo, tick_and_undo, done_and_undo])
def test_an_undo_brings_it_back(committed_cast: Cast, box: Postbox, undone: Undone) -> None:
    carol = committed_cast.carol
    task, row = refused_once(carol, box)

    undone(carol, task, row)
    deliver(minutes=1)
    undone(carol, task, row)
    deliver(minutes=2)

    assert mails(row) == [("sent", "")]
    assert len(box.letters) == 1


def test_an_undo_a_day_later_sends_no_old_mail(committed_cast: Cast, box: Postbox) -> None:
    carol = committed_cast.carol
    task, row = refused_once(carol, box)
    api(carol).post(f"tasks/{task['id']}/complete/")
    with clock_shifted(hours=25):
        api(carol).post(f"tasks/{task['id']}/reopen/")
    deliver(hours=25)

    assert mails(row) == [("skipped", "source:done")]


def test_who_is_taken_out_gets_no_mail_any_more(committed_cast: Cast, box: Postbox) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    _task, row = refused_once(carol, box, recipients=[str(bob.pk)])

    answer = api(carol).patch(f"reminders/{row['id']}/", {"recipients": [str(carol.pk)]})
    assert answer.status_code == 200
    deliver(minutes=2)

    assert mails(row) == [("skipped", "edited")]
    assert box.letters == []
