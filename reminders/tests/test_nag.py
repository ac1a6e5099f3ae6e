"""What comes again until it is done."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api
from accounts.models import Member
from reminders.models import Notification
from reminders.testing import clock_shifted, deliver
from reminders.tests.rounds import add_way, inbox_of, letters_of, refused, remind, rows
from reminders.tests.test_engine_source import add_task

NAG = {"every_minutes": 10, "times": 3}


def letter(member: Member) -> str:
    with guild_scope(member.guild_id, member):
        return str(Notification.objects.arrived().get().pk)


def came(row: Any, cause: str = "nag") -> int:
    """How many rounds of this cause came into an inbox."""
    found = rows(row["id"], "channel", "cause", "status")
    return sum(one[1:] == ("inbox", cause, "sent") for one in found)


def test_it_comes_again_by_the_same_ways_so_often_and_no_more(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    row = remind(carol, nag=NAG)
    assert row["nag"] == NAG

    deliver(seconds=5)
    assert (came(row), len(mail.outbox)) == (0, 1)
    for times in (1, 2, 3):
        deliver(minutes=10 * times, seconds=5)
        assert (came(row), len(mail.outbox)) == (times, times + 1)
    deliver(minutes=40, seconds=5)
    deliver(minutes=500)

    assert (came(row), len(mail.outbox)) == (3, 4)
    # One row in her inbox, four messages that can be told apart.
    assert len(letters_of(carol)) == 1
    assert len({one.extra_headers["Message-ID"] for one in mail.outbox}) == 4


@pytest.mark.parametrize("act", ["done", "not-me"])
def test_when_she_acted_it_does_not_come_again(committed_cast: Cast, act: str) -> None:
    cast = committed_cast
    row = remind(cast.alice, nag=NAG, recipients=[str(cast.carol.pk)])
    deliver(seconds=5)

    assert api(cast.carol).post(f"inbox/{letter(cast.carol)}/{act}/").status_code == 200
    deliver(minutes=11)

    assert (came(row), [one.to[0] for one in mail.outbox].count("carol@example.org")) == (0, 1)


def test_when_its_task_is_done_nobody_is_asked_again(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    task = add_task(carol, hours=3)
    row = remind(carol, nag=NAG, source={"kind": "task", "id": task["id"]})
    deliver(seconds=5)

    api(carol).post(f"tasks/{task['id']}/complete/")
    deliver(minutes=11)
    assert (came(row), len(mail.outbox)) == (0, 1)

    # Open again, it waits and is asked for again.
    api(carol).post(f"tasks/{task['id']}/reopen/")
    deliver(minutes=12)
    deliver(minutes=25)
    assert came(row) > 0


@pytest.mark.parametrize("change", ["delete", "pause", "without"])
def test_a_change_of_the_reminder_ends_it(committed_cast: Cast, change: str) -> None:
    carol = committed_cast.carol
    row = remind(carol, nag=NAG)
    deliver(seconds=5)
    client, path = api(carol), f"reminders/{row['id']}/"

    match change:
        case "delete":
            client.delete(path)
        case "pause":
            client.post(f"{path}pause/")
        case "without":
            assert client.patch(path, {"nag": None}).json()["nag"] is None
    deliver(minutes=11)
    deliver(minutes=30)

    assert (came(row), len(mail.outbox)) == (0, 1)
    # What had come waits, unless all of it is gone.
    assert inbox_of(carol) == ([] if change == "delete" else ["Feed the cat"])


def test_after_a_pause_it_goes_on_and_the_count_is_kept(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    row = remind(carol, nag=NAG)
    deliver(seconds=5)
    deliver(minutes=10, seconds=5)
    client, path = api(carol), f"reminders/{row['id']}/"
    client.post(f"{path}pause/")
    deliver(minutes=21)
    assert came(row) == 1

    # The one after the pause is as far off as ever; what was missed is not made up for.
    with clock_shifted(minutes=30):
        assert client.post(f"{path}resume/").status_code == 200
    deliver(minutes=39)
    assert came(row) == 1
    for times in (2, 3, 3):
        deliver(minutes=20 + 10 * times, seconds=30)
        deliver(minutes=21 + 10 * times)
        assert came(row) == times
    assert len(mail.outbox) == 4
    assert ("inbox", "paused") in [one[1:] for one in rows(row["id"], "channel", "reason")]


def test_after_a_pause_nobody_is_asked_who_has_done_it(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    row = remind(carol, nag=NAG)
    deliver(seconds=5)
    client, path = api(carol), f"reminders/{row['id']}/"
    client.post(f"{path}pause/")
    deliver(minutes=11)
    client.post(f"inbox/{letter(carol)}/done/")

    client.post(f"{path}resume/")
    deliver(minutes=30)

    assert (came(row), len(mail.outbox)) == (0, 1)


def test_a_pause_between_two_rounds_makes_no_further_one(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    row = remind(carol, nag=NAG)
    deliver(seconds=5)
    client, path = api(carol), f"reminders/{row['id']}/"

    client.post(f"{path}pause/")
    client.post(f"{path}resume/")

    planned = [one for one in rows(row["id"], "channel", "status") if one[2] == "planned"]
    assert [one[1] for one in planned] == ["inbox", "email"]


def test_put_off_it_goes_on_from_then_and_the_count_is_kept(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    row = remind(carol, nag=NAG)
    deliver(seconds=5)
    deliver(minutes=10, seconds=5)
    assert came(row) == 1

    client = api(carol)
    assert client.post(f"inbox/{letter(carol)}/snooze/", {"minutes": 60}).status_code == 200
    deliver(minutes=21)
    deliver(minutes=50)
    assert (came(row), inbox_of(carol)) == (1, [])

    for minutes in (61, 71, 81, 91, 101, 111):
        deliver(minutes=minutes)
    assert (came(row, "snooze"), came(row)) == (1, 3)


def test_after_a_long_break_it_comes_once_and_not_in_a_burst(committed_cast: Cast) -> None:
    row = remind(committed_cast.carol, nag={"every_minutes": 10, "times": 20})
    deliver(seconds=5)

    deliver(hours=5)
    deliver(hours=5, seconds=30)
    assert (came(row), len(mail.outbox)) == (1, 2)

    deliver(hours=5, minutes=10)
    assert came(row) == 2


def test_what_waits_of_an_earlier_round_is_overtaken(committed_cast: Cast) -> None:
    from reminders.tests.test_quiet_hours import hours

    carol = committed_cast.carol
    add_way(carol, "Phone", **hours(carol.home_zone, begin=-60, end=120))
    row = remind(carol, nag=NAG)
    for minutes in (0, 10, 20, 30, 40):
        deliver(minutes=minutes, seconds=5)
    phone = [one for one in rows(row["id"], "channel", "reason", "status") if one[1] == "email"]
    assert [one[2] for one in phone if one[2]][:3] == ["overtaken"] * 3

    deliver(minutes=121)

    # In the morning one message, not four.
    assert [one.to[0] for one in mail.outbox].count("phone@example.org") == 1


def test_not_done_after_all_it_is_asked_again(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    row = remind(carol, nag=NAG)
    deliver(seconds=5)
    from reminders import inbox

    with guild_scope(carol.guild_id, carol):
        mine = Notification.objects.arrived().get()
        inbox.done(mine, by=carol, at=mine.arrived_at)
        inbox.reopen(mine, by=carol, at=mine.arrived_at)
    deliver(minutes=11)

    assert came(row) == 1


@pytest.mark.parametrize(
    ("nag", "pointer", "code"),
    [
        ({"every_minutes": 0, "times": 3}, "/nag/every_minutes", "min_value"),
        ({"every_minutes": 10**9, "times": 3}, "/nag/every_minutes", "max_value"),
        ({"every_minutes": 10, "times": 0}, "/nag/times", "min_value"),
        ({"every_minutes": 10, "times": 21}, "/nag/times", "max_value"),
        ({"every_minutes": 1.5, "times": 1}, "/nag/every_minutes", "invalid"),
        ({"every_minutes": 10}, "/nag/times", "required"),
        ({"every_minutes": 10, "times": 1, "until": 3}, "/nag/until", "unknown_field"),
        (10, "/nag", "invalid"),
        ([], "/nag", "invalid"),
    ],
)
def test_what_cannot_be_is_named(cast: Cast, nag: Any, pointer: str, code: str) -> None:
    assert refused(cast.carol, nag=nag) == [(pointer, code)]
