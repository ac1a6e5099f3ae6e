"""One look at the day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, browser
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import make_task
from productivity.today.day import week_of


def today(cast: Cast) -> str:
    return f"/g/{cast.home.slug}/"


def test_it_shows_what_is_late_and_due_and_done(cast: Cast) -> None:
    make_task(cast.carol, title="Due now", due_on=timezone.localdate(), time_zone="UTC")
    make_task(cast.carol, title="Next week", due_on=timezone.localdate() + timedelta(days=7))
    make_task(cast.carol, title="Did it", status="done")
    make_task(cast.alice, title="Secret", visibility="private", due_on=timezone.localdate())
    late = make_task(cast.carol, title="Long over", due_on=timezone.localdate() + timedelta(days=1))
    with guild_scope(cast.home.pk, cast.carol):
        past = timezone.now() - timedelta(days=2)
        Task.objects.filter(pk=late.pk).update(created_at=past, due_at=past + timedelta(hours=1))
    text = browser(cast.carol).get(today(cast)).text
    assert "Carol" in text
    assert "1 late" in text
    for shown in ("Due now", "Long over", "Did it"):
        assert shown in text
    for hidden in ("Next week", "Secret"):
        assert hidden not in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_week_begins_on_monday(language: str) -> None:
    with translation.override(language):
        assert week_of(date(2026, 6, 14)) == [date(2026, 6, 8) + timedelta(n) for n in range(7)]


def test_an_empty_day_says_what_to_do(cast: Cast) -> None:
    for member in (cast.alice, cast.bob):
        assert "Write down a task" in browser(member).get(today(cast)).text


def test_it_takes_at_most_twelve_queries_whatever_there_is(cast: Cast) -> None:
    client = browser(cast.carol)
    client.get(today(cast))
    for rows in (1, 30):
        for number in range(rows):
            make_task(
                cast.carol,
                title=f"Task {number}",
                due_on=timezone.localdate() + timedelta(days=number % 3),
                assignees=[cast.alice, cast.bob],
                tags=["a", "b"],
            )
        with CaptureQueriesContext(connection) as queries:
            client.get(today(cast))
        asked = [q["sql"] for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(asked) <= 12, "\n".join(sql[:170] for sql in asked)


def test_a_stranger_finds_nothing(cast: Cast) -> None:
    assert browser(cast.charlie).get(today(cast)).status_code == 404
    assert browser(None).get(today(cast)).status_code == 302
