"""The morning summary: once for each local date, at the member's own time, with her own eyes."""

from __future__ import annotations

import os
import subprocess
import sys
import time as clock
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as configured
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts.actions.absence import add_absence
from accounts.guild.scope import guild_scope, user_scope
from accounts.guild.testing import Cast, api, asked, browser
from accounts.models import Change, Member, User
from reminders import digests
from reminders.engine import inbox
from reminders.engine.claim import LEASE
from reminders.engine.database import forget, run
from reminders.engine.loop import deliver_due
from reminders.engine.plan import plan
from reminders.models import Notification
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder, shift_clock

PATH = "/g/home/inbox/digest/"
BERLIN, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")


def switch_on(member: Member, *, in_minutes: float = 2, **said: Any) -> datetime:
    """Her summary comes each day so many minutes from now, by her own clock; that instant."""
    at = (timezone.now() + timedelta(minutes=in_minutes)).replace(second=0, microsecond=0)
    zone = ZoneInfo(member.home_zone)
    body = {"is_on": True, "time": f"{at.astimezone(zone):%H:%M}"} | said
    answer = api(member).patch("digest/", body)
    assert answer.status_code == 200, answer.content
    deliver()
    return at


def make_task(by: Member, **said: Any) -> str:
    """Its id."""
    if "assignees" in said:
        said["assignees"] = [str(member.pk) for member in said["assignees"]]
    answer = api(by).post("tasks/", said | {"due_on": str(timezone.localdate())})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def summaries(member: Member) -> list[dict[str, Any]]:
    """Every row of hers, as the engine sees it, by date."""
    names = ["origin", "due_at", "arrived_at", "reason", "title", "body"]
    rows = run(
        "SELECT origin, due_at, arrived_at, closed_reason, title, body"
        " FROM reminders_notification WHERE kind = 'digest' AND recipient_id = %s ORDER BY origin",
        [member.pk],
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def came(member: Member) -> list[str]:
    return [row["origin"] for row in summaries(member) if row["arrived_at"]]


def move_to(member: Member, zone: str) -> Member:
    assert member.user is not None
    with user_scope(member.user.pk):
        User.objects.filter(pk=member.user.pk).update(time_zone=zone)
    return Member(pk=member.pk, guild=member.guild, user=User(pk=member.user.pk, time_zone=zone))


def until(at: datetime) -> dict[str, float]:
    return {"seconds": (at - timezone.now()).total_seconds() + 2}


# --- What it says


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


# --- Once for each local date


def test_it_comes_each_day_once(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    for days in range(3):
        for _ in range(2):
            deliver(**until(at + timedelta(days=days)))

    first = at.astimezone(ZoneInfo(carol.home_zone)).date()
    assert came(carol) == [f"digest:{first + timedelta(days=n)}" for n in range(3)]
    assert len(mail.outbox) == 3


def test_only_on_the_chosen_days(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    today = timezone.localdate(timezone=ZoneInfo(carol.home_zone)).isoweekday() % 7
    at = switch_on(carol, also_empty=True, weekdays=[today, (today + 2) % 7])
    for days in range(4):
        deliver(**until(at + timedelta(days=days)))
    assert len(came(carol)) == 2


def test_another_time_on_the_same_day_makes_no_second_one(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    deliver(**until(at))
    with clock_shifted(**until(at)):
        later = switch_on(carol, in_minutes=10)
    deliver(**until(later))
    assert len(came(carol)) == 1


def test_what_an_edit_took_back_still_comes_that_day(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    with clock_shifted(seconds=(at - timezone.now()).total_seconds() - 10):
        deliver_due()  # planned, ten seconds ahead
        assert [row["reason"] for row in summaries(carol)] == [""]
        later = switch_on(carol, in_minutes=10)
        assert [row["reason"] for row in summaries(carol)] == ["edited"]
    deliver(**until(at))
    assert came(carol) == []
    deliver(**until(later))
    assert len(came(carol)) == 1


def test_switched_off_it_does_not_come(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    api(carol).patch("digest/", {"is_on": False})
    deliver(**until(at))
    assert summaries(carol) == []


def test_after_a_break_only_todays_comes(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    deliver(seconds=(at + timedelta(days=3, minutes=1) - timezone.now()).total_seconds())

    rows = summaries(carol)
    assert [row["reason"] for row in rows] == ["missed", "missed", "missed", ""]
    assert len(mail.outbox) == 1


def test_yesterdays_is_of_no_use_today(committed_cast: Cast) -> None:
    """A weekly one is half a period old much later, but its day is over."""
    carol = committed_cast.carol
    zone = ZoneInfo(carol.home_zone)
    day = timezone.localdate(timezone=zone)
    at = switch_on(carol, also_empty=True, weekdays=[day.isoweekday() % 7])
    midnight = datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time.min, zone)
    deliver(**until(midnight + timedelta(minutes=1)))
    assert [row["reason"] for row in summaries(carol)] == ["missed"]
    assert mail.outbox == []


def test_she_moves_there_and_back_and_has_one_for_each_date(committed_cast: Cast) -> None:
    carol = move_to(committed_cast.carol, "Europe/Berlin")
    at = switch_on(carol, also_empty=True)
    deliver(**until(at))
    assert came(carol) == [f"digest:{at.astimezone(BERLIN).date()}"]

    with clock_shifted(**until(at)):
        carol = move_to(carol, "Pacific/Auckland")
    there = at.astimezone(AUCKLAND)
    wall = time(at.astimezone(BERLIN).hour, at.astimezone(BERLIN).minute)
    expected = {at.astimezone(BERLIN).date()}
    next_there = datetime.combine(there.date(), wall, AUCKLAND)
    if next_there <= at:
        next_there += timedelta(days=1)
    if next_there.date() in expected:
        next_there += timedelta(days=1)
    deliver(**until(next_there))
    expected.add(next_there.date())
    assert came(carol) == sorted(f"digest:{day}" for day in expected)

    with clock_shifted(**until(next_there)):
        carol = move_to(carol, "Europe/Berlin")
    last = max(expected) + timedelta(days=1)
    deliver(**until(datetime.combine(last, wall, BERLIN)))
    dates = [date.fromisoformat(origin.removeprefix("digest:")) for origin in came(carol)]
    assert len(dates) == len(set(dates))
    assert last in dates


def test_the_households_zone_counts_for_who_has_none(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    switch_on(carol, in_minutes=30)
    [(before,)] = run("SELECT look_at FROM reminders_digest WHERE is_on")
    api(committed_cast.alice).patch(
        f"/api/v1/guilds/{committed_cast.home.pk}/", {"time_zone": "Pacific/Auckland"}
    )
    deliver()
    [(after,)] = run("SELECT look_at FROM reminders_digest WHERE is_on")
    assert before != after


# --- Workers that die, and several at once


def work(seconds: float, failpoint: str = "") -> int:
    """Let another process do what is due, until it dies at the failpoint; its exit code."""
    database = configured.DATABASES["default"]["NAME"]
    environment = {**os.environ, "GUILDHALL_FAILPOINT": failpoint}
    environment["EMAIL_URL"] = ""
    for name in ("DATABASE_URL", "DATABASE_SYSTEM_URL"):
        environment[name] = os.environ[name].replace("/guildhall?", f"/{database}?")
    code = (
        "import django; django.setup()\n"
        "from reminders.testing import deliver\n"
        f"deliver(seconds={seconds})"
    )
    return subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode


@pytest.mark.parametrize("failpoint", ["digested", "claimed"])
def test_a_worker_that_dies_costs_nothing(committed_cast: Cast, failpoint: str) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    assert work(until(at)["seconds"], failpoint) == 70
    assert work(until(at)["seconds"] + 20) == 0
    assert len(came(carol)) == len(summaries(carol)) == 1


def test_two_planners_make_one(committed_cast: Cast) -> None:
    people = [committed_cast.carol, committed_cast.bob, committed_cast.alice]
    at = max(switch_on(member, also_empty=True) for member in people)

    with clock_shifted_for_all(**until(at)):

        def one_worker(_: int) -> None:
            deliver_due()
            forget()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one_worker, range(6)))
    for member in people:
        assert len(came(member)) == len(summaries(member)) == 1
    assert len(mail.outbox) == 3


@contextmanager
def clock_shifted_for_all(seconds: float) -> Iterator[None]:
    """Also for connections that are opened meanwhile."""
    with clock_shifted(seconds=seconds):
        run("UPDATE reminders_digest SET look_at = look_at - make_interval(secs => %s)", [seconds])
        yield


def test_it_is_found_by_an_index(committed_cast: Cast) -> None:
    from reminders.engine.digests import PICK

    run("SET enable_seqscan = off")
    plan = "\n".join(line for (line,) in run(f"EXPLAIN {PICK}", [timedelta(seconds=30), 500]))
    run("SET enable_seqscan = on")
    assert "reminders_digest_due" in plan


# --- The doors


def test_it_is_off_until_she_wants_it(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    answer = api(carol).get("digest/").json()
    assert (answer["is_on"], answer["time"], answer["contents"]) == (False, "07:00", None)
    assert answer["weekdays"] == [0, 1, 2, 3, 4, 5, 6]
    deliver(days=2)
    assert summaries(carol) == []


def test_asking_for_it_again_makes_nothing(cast: Cast) -> None:
    client, page = api(cast.carol), browser(cast.carol)
    client.get("digest/")
    page.get(PATH)
    assert len(asked(lambda: client.get("digest/"))) == 3
    assert len(asked(lambda: page.get(PATH))) == 5


def test_she_is_offered_it_once(committed_cast: Cast) -> None:
    carol, bob = browser(committed_cast.carol), browser(committed_cast.bob)
    offer = "Would you like a summary of your day each morning?"
    assert offer in carol.get("/g/home/inbox/").text
    assert carol.post("/g/home/inbox/digest/decline/").status_code == 302
    assert offer not in carol.get("/g/home/inbox/").text
    assert offer in bob.get("/g/home/inbox/").text


def form(**said: Any) -> dict[str, Any]:
    usual = {"is_on": "on", "time": "06:30", "weekdays": ["1", "2"], "contents": ["today"]}
    return usual | said


def test_the_page_saves_it(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    assert browser(carol).post(PATH, form(), follow=True).status_code == 200
    answer = api(carol).get("digest/").json()
    assert (answer["is_on"], answer["time"], answer["weekdays"]) == (True, "06:30", [1, 2])
    assert answer["contents"] == ["today"]
    deliver()
    [(slot,)] = run("SELECT next_slot FROM reminders_digest WHERE is_on")
    assert "T06:30 " in slot
    everything = [
        key for key, _label in browser(carol).get(PATH).context["form"].fields["contents"].choices
    ]
    browser(carol).post(PATH, form(contents=everything))
    assert api(carol).get("digest/").json()["contents"] is None


def test_the_page_shows_todays_now_and_saves_nothing(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_task(carol, title="Water the tomatoes")
    answer = browser(carol).post(PATH, form(preview="1"))
    assert "Water the tomatoes" in answer.text
    fragment = browser(carol).post(PATH, form(preview="1"), headers={"HX-Request": "true"})
    assert "Water the tomatoes" in fragment.text
    assert "<html" not in fragment.text
    assert api(carol).get("digest/").json()["is_on"] is False
    empty = browser(carol).post(PATH, form(preview="1", contents=["overdue"]))
    assert "So none would come." in empty.text


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": ["9"]}, "weekdays"),
        ({"time": "25:00"}, "time"),
        ({"contents": []}, "contents"),
        ({"contents": ["nonsense"]}, "contents"),
    ],
)
def test_the_page_refuses(committed_cast: Cast, said: dict[str, Any], field: str) -> None:
    answer = browser(committed_cast.carol).post(PATH, form(**said))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


@pytest.mark.parametrize(
    "said",
    [
        {"weekdays": []},
        {"weekdays": [7]},
        {"time": "x"},
        {"contents": []},
        {"contents": ["nonsense"]},
        {"is_on": "yes"},
        {"member": "x"},
    ],
)
def test_the_api_refuses(committed_cast: Cast, said: dict[str, Any]) -> None:
    answer = api(committed_cast.carol).patch("digest/", said)
    assert answer.status_code == 400, answer.content


def test_it_is_hers_alone(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    api(carol).patch("digest/", {"is_on": True})
    assert api(bob).get("digest/").json()["is_on"] is False
    assert api(committed_cast.charlie, carol.guild).get("digest/").status_code == 404
    # A viewer has hers, too.
    assert api(bob).patch("digest/", {"is_on": True}).status_code == 200
    tag = api(carol).get("digest/").headers["ETag"]
    api(carol).patch("digest/", {"time": "09:00"})
    stale = api(carol).patch("digest/", {"time": "10:00"}, headers={"If-Match": tag})
    assert stale.status_code == 412


def test_her_history_tells_her_and_nobody_else(committed_cast: Cast) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    api(carol).patch("digest/", {"is_on": True, "time": "06:00"})
    with guild_scope(carol.guild_id, carol):
        [change] = Change.objects.filter(kind="digest")
    assert change.after == {"is_on": True, "time": "06:00:00"}
    assert "the morning summary" in browser(carol).get("/g/home/history/").text
    with guild_scope(carol.guild_id, alice):
        assert not Change.objects.filter(kind="digest").exists()


def test_it_can_be_done_like_any_letter(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = switch_on(carol, also_empty=True)
    deliver(**until(at))
    [row] = api(carol).get("inbox/").json()["results"]
    assert row["kind"] == "digest"
    assert api(carol).post(f"inbox/{row['id']}/done/").status_code == 200
    with guild_scope(carol.guild_id, carol):
        assert not Notification.objects.waiting().exists()


# --- A morning of many


@dataclass(frozen=True)
class Slow:
    """A section during which something happens."""

    happens: Callable[[], None]
    label: str = "Slow"
    place: int = 99

    def lines(self, _member: Member, *, at: datetime) -> list[digests.Line]:
        self.happens()
        return [digests.Line(f"Said at {at:%H:%M}")]


@pytest.fixture
def slow() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Call it with what happens while each summary is made."""
    yield lambda happens: digests.register("slow", Slow(happens))
    digests._sections.pop("slow", None)


def all_of(cast: Cast) -> list[Member]:
    return [cast.alice, cast.bob, cast.carol, cast.charlie]


def test_what_takes_long_stays_with_the_worker_that_makes_it(
    committed_cast: Cast, slow: Callable[[Callable[[], None]], None]
) -> None:
    at = max(switch_on(member) for member in all_of(committed_cast))
    taken: list[int] = []
    later = until(at)

    def another_worker_looks() -> None:
        if len(taken) == len(all_of(committed_cast)):
            return
        later["seconds"] += LEASE.total_seconds() / 2
        shift_clock(f"{later['seconds']} seconds")
        [(free,)] = run("SELECT count(*) FROM reminders_queued WHERE lease_until < due_clock()")
        taken.append(free)

    slow(another_worker_looks)
    deliver(**later)

    assert taken == [0, 0, 0, 0]
    assert [len(came(member)) for member in all_of(committed_cast)] == [1, 1, 1, 1]


def test_many_summaries_keep_no_reminder_waiting(
    committed_cast: Cast, slow: Callable[[Callable[[], None]], None], monkeypatch: Any
) -> None:
    at = max(switch_on(member) for member in all_of(committed_cast))
    monkeypatch.setattr(inbox, "SUMMARIES", 1)
    slow(lambda: clock.sleep(0.06))
    reminder = make_reminder(committed_cast.carol, in_seconds=(at - timezone.now()).total_seconds())

    with clock_shifted(**until(at)):
        plan()
        inbox.drain_inbox(patience=0.1)
        said = sum(len(came(member)) for member in all_of(committed_cast))
        states = {one["channel"]: one["status"] for one in deliveries(reminder)}
        inbox.drain_inbox()

    assert 1 <= said <= 2
    assert states["inbox"] == "sent"
    assert [len(came(member)) for member in all_of(committed_cast)] == [1, 1, 1, 1]
