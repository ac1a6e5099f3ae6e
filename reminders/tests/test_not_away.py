"""Who is away on the day on which it is due is left out, and never everybody at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.actions.absence import delete_absence
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api
from reminders.testing import deliver, make_reminder
from reminders.tests.rounds import away, inbox_of, letters_of, remind, rows, today


def test_who_is_away_gets_a_row_that_says_so_and_nothing_else(committed_cast: Cast) -> None:
    cast = committed_cast
    away(cast.bob)
    row = remind(cast.carol, recipients="everyone")

    deliver(seconds=5)

    assert inbox_of(cast.bob) == []
    assert inbox_of(cast.alice) == inbox_of(cast.carol) == ["Feed the cat"]
    assert [one for one in rows(row["id"], "channel", "status", "reason") if one[0] == "Bob"] == [
        ("Bob", "inbox", "skipped", "away"),
        ("Bob", "email", "skipped", "away"),
    ]
    assert sorted(one.to[0] for one in mail.outbox) == ["alice@example.org", "carol@example.org"]


def test_a_reminder_may_go_to_who_is_away_too(committed_cast: Cast) -> None:
    cast = committed_cast
    away(cast.bob)
    row = remind(cast.carol, recipients=[str(cast.bob.pk)], also_away=True)
    assert row["also_away"] is True

    deliver(seconds=5)

    assert inbox_of(cast.bob) == ["Feed the cat"]


def test_what_concerns_its_maker_alone_reaches_her_wherever_she_is(committed_cast: Cast) -> None:
    away(committed_cast.carol)
    remind(committed_cast.carol)

    deliver(seconds=5)

    [letter] = letters_of(committed_cast.carol)
    assert (letter.title, letter.body) == ("Feed the cat", "")


def test_when_all_are_away_its_maker_is_told_why(committed_cast: Cast) -> None:
    cast = committed_cast
    away(cast.bob)
    away(cast.alice)
    row = remind(cast.carol, recipients=[str(cast.alice.pk), str(cast.bob.pk)])

    deliver(seconds=5)

    [letter] = letters_of(cast.carol)
    assert letter.body == "Nobody of those it is for is here, so it comes to you."
    states = rows(row["id"], "channel", "status", "reason")
    assert ("Carol", "email", "sent", "") in states
    assert ("Alice", "inbox", "skipped", "away") in states


def test_when_its_maker_is_away_with_the_others_it_reaches_her(committed_cast: Cast) -> None:
    cast = committed_cast
    for member in (cast.alice, cast.bob, cast.carol):
        away(member)
    remind(cast.carol, recipients="everyone")

    deliver(seconds=5)

    assert [inbox_of(one) for one in (cast.alice, cast.bob)] == [[], []]
    assert inbox_of(cast.carol) == ["Feed the cat"]


def test_an_absence_said_after_planning_is_kept(committed_cast: Cast) -> None:
    cast = committed_cast
    reminder = make_reminder(cast.carol, in_seconds=20, recipients=[cast.bob, cast.alice])
    deliver()  # plans it

    away(cast.bob)
    deliver(seconds=30)

    assert (inbox_of(cast.bob), inbox_of(cast.alice)) == ([], ["Feed the cat"])
    assert inbox_of(cast.carol) == []
    assert ("Bob", "inbox", "skipped", "away") in rows(reminder, "channel", "status", "reason")


def test_when_the_last_one_goes_away_after_planning_its_maker_is_told(
    committed_cast: Cast,
) -> None:
    cast = committed_cast
    reminder = make_reminder(cast.carol, in_seconds=20, recipients=[cast.bob, cast.alice])
    deliver()

    away(cast.bob)
    away(cast.alice)
    deliver(seconds=30)
    deliver(seconds=40)

    assert inbox_of(cast.carol) == ["Feed the cat"]
    states = rows(reminder, "channel", "status")
    assert states.count(("Carol", "email", "sent")) == 1


def test_an_absence_taken_back_after_planning_is_forgotten(committed_cast: Cast) -> None:
    cast = committed_cast
    absence = away(cast.bob)
    make_reminder(cast.carol, in_seconds=20, recipients=[cast.bob, cast.alice])
    deliver()

    with guild_scope(cast.home.pk, cast.bob):
        delete_absence(absence, by=cast.bob, at=timezone.now())
    deliver(seconds=30)

    assert (inbox_of(cast.bob), inbox_of(cast.alice)) == (["Feed the cat"], ["Feed the cat"])


@pytest.mark.parametrize(("ahead", "there"), [(0, False), (1, False), (2, True)])
def test_the_last_day_is_away_and_the_next_one_is_not(
    committed_cast: Cast, ahead: int, *, there: bool
) -> None:
    cast = committed_cast
    noon = timezone.now().replace(hour=12, minute=0) + timedelta(days=ahead + 1)
    last = today(cast.bob, days=2)
    api(cast.bob).post("absences/", {"from_on": str(today(cast.bob)), "until_on": str(last)})
    people = [str(cast.bob.pk), str(cast.alice.pk)]
    remind(cast.carol, frequency="once", at=noon.isoformat(), recipients=people)

    deliver(days=ahead + 2)

    assert (inbox_of(cast.bob) == ["Feed the cat"]) is there
