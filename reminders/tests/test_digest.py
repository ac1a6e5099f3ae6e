"""The morning summary: what it says, with whose eyes, and when there is none."""

from __future__ import annotations

import time as clock
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts.actions.absence import add_absence
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, browser
from reminders.engine.database import run
from reminders.testing import clock_shifted, deliver, make_reminder
from reminders.tests.summaries import at_noon, came, make_task, summaries, switch_on, until


@pytest.fixture
def committed_cast(committed_cast: Cast) -> Cast:
    return at_noon(committed_cast)


def test_it_says_what_is_late_due_and_waiting(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    yesterday = timezone.localdate() - timedelta(days=1)
    late = make_task(carol, title="Sign the form", assignees=[carol])
    run(
        "UPDATE tasks_task SET due_on = %s, due_at = now() - interval '1 hour',"
        " created_at = now() - interval '2 days' WHERE id = %s",
        [yesterday, late],
    )
    make_task(carol, title="Nobody's")
    make_task(carol, title="Bob's own", assignees=[bob])
    make_reminder(carol, message="Cake", in_seconds=0.1)
    clock.sleep(0.2)
    deliver()
    at = switch_on(carol)

    deliver(**until(at))

    [row] = summaries(carol)
    assert row["title"] == "Your day, Carol"
    assert f"## Overdue\n- [Sign the form](/g/home/tasks/{late}/)" in row["body"]
    assert "Nobody's" in row["body"]
    assert "Bob's own" not in row["body"]
    assert "## In your inbox\n- [Cake]" in row["body"]
    page = browser(carol).get("/g/home/inbox/").text
    assert f'<a class="tap" href="/g/home/tasks/{late}/">Sign the form</a>' in page
    letter = mail.outbox[-1]
    assert letter.subject == "Your day, Carol"
    assert f"/g/home/tasks/{late}/" in letter.body
    assert "[Sign" not in letter.body
    assert isinstance(letter, EmailMultiAlternatives)
    html = str(letter.alternatives[0][0])
    assert f'/g/home/tasks/{late}/">Sign the form</a>' in html


def test_it_is_made_through_her_own_eyes(committed_cast: Cast) -> None:
    alice, carol = committed_cast.alice, committed_cast.carol
    make_task(alice, title="Surprise", visibility="private")
    make_task(carol, title="Own secret", visibility="private")
    at = switch_on(carol)

    deliver(**until(at))

    [row] = summaries(carol)
    assert "Own secret" in row["body"]
    assert "Surprise" not in row["body"]


def test_only_what_she_chose_is_in_it(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_task(carol, title="Task")
    make_reminder(carol, message="Cake", in_seconds=0.1)
    clock.sleep(0.2)
    deliver()
    at = switch_on(carol, contents=["inbox"])

    deliver(**until(at))
    [row] = summaries(carol)
    assert "Cake" in row["body"]
    assert "Task" not in row["body"]


def test_with_nothing_to_say_none_comes(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    at = switch_on(carol)
    switch_on(bob, also_empty=True)
    deliver(**until(at))

    [row] = summaries(carol)
    assert (row["arrived_at"], row["reason"]) == (None, "nothing_to_say")
    [row] = summaries(bob)
    assert row["body"] == "Nothing is late, nothing is due, nothing waits for you."
    [letter] = mail.outbox
    assert letter.to == ["bob@example.org"]
    with clock_shifted(**until(at)):
        [story] = browser(carol).get("/g/home/inbox/deliveries/").context["stories"]
    assert story.title == "Morning summary"
    assert story.verdict == "You did not get it. There was nothing to say."


def test_who_is_away_gets_none_unless_she_says_so(committed_cast: Cast) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    today = timezone.localdate(timezone=ZoneInfo(committed_cast.home.time_zone))
    with guild_scope(carol.guild_id, alice):
        for member in (carol, alice):
            add_absence(by=alice, member=member, from_on=today, until_on=today + timedelta(days=1))
    at = switch_on(carol, also_empty=True)
    switch_on(alice, also_empty=True, also_away=True)
    deliver(**until(at))

    assert [row["reason"] for row in summaries(carol)] == ["away"]
    assert len(came(alice)) == 1


def test_whoever_left_gets_none(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    run("UPDATE accounts_member SET left_at = now() WHERE id = %s", [carol.pk])
    deliver(**until(at))
    deliver(days=3)
    assert came(carol) == []
    assert mail.outbox == []


def test_her_quiet_hours_delay_it_and_drop_nothing(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    zone = ZoneInfo(carol.home_zone)
    make_reminder(carol, message="Cake", in_seconds=0.1)
    clock.sleep(0.2)
    deliver()
    mail.outbox.clear()
    at = switch_on(carol)
    hours = [(at + timedelta(hours=n)).astimezone(zone).time() for n in (-1, 2)]
    run("UPDATE reminders_destination SET quiet_from = %s, quiet_until = %s", hours)

    deliver(**until(at))
    assert len(came(carol)) == 1
    assert mail.outbox == []
    deliver(**until(at + timedelta(hours=2, minutes=1)))
    [letter] = mail.outbox
    assert letter.subject == "Your day, Carol"
    assert "Cake" in letter.body
