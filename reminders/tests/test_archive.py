"""What is old goes into archives, once and whole, and can still be read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, asked, browser
from accounts.models import Member
from reminders.engine import archive as archiving
from reminders.engine.archive import archive, households
from reminders.engine.database import forget, run
from reminders.jobs import archive_guild, archive_old
from reminders.models import Delivery, Destination, Notification, Reminder
from reminders.testing import clock_shifted, deliver, make_reminder
from reminders.views import deliveries as shown

PATH = "/g/home/inbox/deliveries/"
# Longer than the retention, and than a month that has just begun.
LATER = {"days": 460}


def done_by(member: Member, *messages: str, **said: Any) -> list[Reminder]:
    """Reminders of hers that came, and that she did."""
    made = [make_reminder(member, message=one, in_seconds=0.1, **said) for one in messages]
    deliver(seconds=2)
    for row in api(member).get("inbox/").json()["results"]:
        api(member).post(f"inbox/{row['id']}/done/")
    return made


def archive_all(member: Member) -> int:
    with clock_shifted(**LATER):
        moved = 0
        while count := archive(member.guild_id):
            moved += count
    return moved


def stored() -> tuple[int, int, int]:
    """Notifications, deliveries, and occurrences in archives."""
    [row] = run(
        "SELECT (SELECT count(*) FROM reminders_notification),"
        " (SELECT count(*) FROM reminders_delivery),"
        " (SELECT coalesce(sum(occurrences), 0)::int FROM reminders_archive)"
    )
    return row


def month_of(member: Member) -> str:
    [[month]] = run(
        "SELECT DISTINCT month FROM reminders_archive WHERE member_id = %s", [member.pk]
    )
    return f"{month:%Y-%m}"


def told_household(reminder: Reminder, by: Member) -> None:
    """Two of the household's ways had it."""
    now = timezone.now()
    with guild_scope(by.guild_id, by):
        for name in ("Kitchen", "Hall"):
            way = Destination.objects.create(
                channel="webhook", name=name, secret=f"https://{name}.example"
            )
            Delivery.objects.create(
                reminder=reminder,
                destination=way,
                occurrence="x",
                channel="webhook",
                status="sent",
                due_at=now,
                try_at=now,
                sent_at=now,
                attempts=[{"at": now.isoformat(), "outcome": "sent"}],
            )


# --- Moving


def test_what_is_old_and_done_moves_and_nothing_else(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    done_by(carol, "Old")
    make_reminder(carol, message="Waits", in_seconds=0.1)
    deliver(seconds=2)
    with clock_shifted(days=300):
        assert archive(carol.guild_id) == 0
        assert households() == []
    assert stored() == (2, 4, 0)

    assert archive_all(carol) == 1
    assert stored() == (1, 2, 1)
    [row] = api(carol).get("inbox/").json()["results"]
    assert row["title"] == "Waits"
    assert archive_all(carol) == 0


def test_the_retention_can_be_set(committed_cast: Cast, settings: Settings) -> None:
    settings.KEEP_DELIVERIES_MONTHS = 2
    done_by(committed_cast.carol, "Old")
    with clock_shifted(days=40):
        assert archive(committed_cast.carol.guild_id) == 0
    with clock_shifted(days=100):
        assert archive(committed_cast.carol.guild_id) == 1


def test_what_is_still_to_be_sent_stays(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    done_by(carol, "Old")
    run("UPDATE reminders_delivery SET status = 'planned', sent_at = NULL WHERE channel = 'email'")
    assert archive_all(carol) == 0
    assert stored() == (1, 2, 0)


def test_it_is_kept_by_member_and_month(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    done_by(carol, "One", "Two", recipients=[carol, bob])
    for row in api(bob).get("inbox/").json()["results"]:
        api(bob).post(f"inbox/{row['id']}/done/")

    archive_all(carol)
    kept = run("SELECT member_id, occurrences, jsonb_array_length(entries) FROM reminders_archive")
    assert sorted(map(str, kept)) == sorted(str((member.pk, 2, 2)) for member in (carol, bob))


def test_a_month_is_kept_in_parts_none_of_which_grows_without_end(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol
    monkeypatch.setattr(archiving, "PER_PART", 3)
    for batch in (2, 5):
        done_by(carol, *(f"No. {batch}.{n}" for n in range(5)))
        monkeypatch.setattr(archiving, "BATCH", batch)
        archive_all(carol)
    parts = run(
        "SELECT part, occurrences, jsonb_array_length(entries) FROM reminders_archive ORDER BY part"
    )
    assert parts == [(0, 3, 3), (1, 3, 3), (2, 3, 3), (3, 1, 1)]


def test_what_the_household_was_told_of_one_occurrence_is_never_parted(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol
    for reminder in done_by(carol, "One", "Two"):
        told_household(reminder, carol)
    monkeypatch.setattr(archiving, "BATCH", 1)
    monkeypatch.setattr(archiving, "PER_PART", 1)
    archive_all(carol)
    kept = run(
        "SELECT part, jsonb_array_length(e -> 'ways')"
        " FROM reminders_archive, jsonb_array_elements(entries) e"
        " WHERE member_id IS NULL ORDER BY part"
    )
    assert kept == [(0, 2), (1, 2)]


def test_the_jobs_move_it(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    carol = committed_cast.carol
    done_by(carol, *(f"No. {n}" for n in range(7)))
    monkeypatch.setattr(archiving, "BATCH", 2)
    with clock_shifted(**LATER):
        assert households() == [carol.guild_id]
        archive_old.run()
        archive_guild.run(str(carol.guild_id))
        archive_guild.run(str(carol.guild_id))
    assert stored() == (0, 0, 7)


@pytest.mark.parametrize("round_", [1, 2])
def test_a_kill_in_the_middle_loses_nothing_and_moves_nothing_twice(
    committed_cast: Cast, round_: int
) -> None:
    carol = committed_cast.carol
    done_by(carol, *(f"No. {n}" for n in range(4)))
    before = stored()
    code = (
        "import django; django.setup()\n"
        "from reminders.engine import archive\n"
        "from reminders.testing import clock_shifted\n"
        f"archive.BATCH = {round_}\n"
        "with clock_shifted(days=460):\n"
        f"    while archive.archive('{carol.guild_id}'): pass"
    )
    database = configured.DATABASES["default"]["NAME"]
    environment = {**os.environ, "GUILDHALL_FAILPOINT": "archived"}
    for name in ("DATABASE_URL", "DATABASE_SYSTEM_URL"):
        environment[name] = os.environ[name].replace("/guildhall?", f"/{database}?")
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == 70
    assert stored() == before

    environment["GUILDHALL_FAILPOINT"] = ""
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert stored() == (0, 0, 4)


def test_several_at_once_move_each_once(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol
    done_by(carol, *(f"No. {n}" for n in range(30)))
    monkeypatch.setattr(archiving, "BATCH", 3)

    def one_worker(_: int) -> None:
        try:
            with clock_shifted(**LATER):
                while archive(carol.guild_id):
                    pass
        finally:
            forget()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one_worker, range(4)))
    assert stored() == (0, 0, 30)
    titles = run(
        "SELECT e -> 'letter' ->> 'title' FROM reminders_archive, jsonb_array_elements(entries) e"
    )
    assert sorted(title for (title,) in titles) == sorted(f"No. {n}" for n in range(30))


def test_a_row_that_somebody_holds_is_left_for_the_next_time(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    done_by(carol, "Held", "Free")
    with connections["owner"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT id FROM reminders_notification WHERE title = 'Held' FOR UPDATE")
        assert archive_all(carol) == 1
        cursor.execute("COMMIT")
    assert archive_all(carol) == 1


def test_an_archived_occurrence_is_not_planned_again(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    [reminder] = done_by(carol, "Old")
    # As if the engine had never moved on: then its occurrence stays.
    run(
        "UPDATE reminders_reminder SET look_at = n.due_at, next_slot = n.slot"
        " FROM reminders_notification n WHERE n.reminder_id = reminders_reminder.id"
    )
    assert archive_all(carol) == 0
    deliver(seconds=5)
    [(look_at,)] = run("SELECT look_at FROM reminders_reminder WHERE id = %s", [reminder.pk])
    assert look_at is None
    assert archive_all(carol) == 1
    # Also by the clock of the site that time is over now.
    time.sleep(0.2)
    for verb in ("pause", "resume"):
        api(carol).post(f"reminders/{reminder.pk}/{verb}/")
    deliver(seconds=5)
    assert stored() == (0, 0, 1)


def test_the_way_back_restores_every_row(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    [reminder, *_] = done_by(carol, "One", "Two")
    told_household(reminder, carol)

    def rows() -> list[Any]:
        return [
            run(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")  # noqa: S608
            for table in ("reminders_notification", "reminders_delivery")
        ]

    before = rows()
    archive_all(carol)
    assert stored()[:2] == (0, 0)
    [migration] = (configured.BASE_DIR / "reminders/migrations").glob("*_archives.py")
    back = import_module(f"reminders.migrations.{migration.stem}").BACK
    with connections["owner"].cursor() as cursor:
        cursor.execute(back)
        cursor.execute(back)
    assert rows() == before


def test_months_that_were_one_row_are_parted_and_joined_again(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol
    monkeypatch.setattr(archiving, "PER_PART", 3)
    done_by(carol, *(f"No. {n}" for n in range(7)))
    archive_all(carol)
    kept = (
        "SELECT part, occurrences, jsonb_array_length(entries), from_at, until_at, entries"
        " FROM reminders_archive ORDER BY part"
    )
    parts = run(kept)
    migration = import_module("reminders.migrations.0026_archive_parts")
    with connections["owner"].cursor() as cursor:
        cursor.execute(migration.JOIN)
        assert [row[:3] for row in run(kept)] == [(0, 7, 7)]
        cursor.execute(migration.SPLIT.replace("500", "3"))
    assert [row[:3] for row in parts] == [(0, 3, 3), (1, 3, 3), (2, 1, 1)]
    assert run(kept) == parts


# --- Reading


def test_it_is_read_on_the_page_as_before(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    done_by(carol, "Bins", "Cat")
    client = browser(carol)
    before = [(s.title, s.verdict, s.events) for s in client.get(PATH).context["stories"]]
    archive_all(carol)
    month = month_of(carol)

    assert list(client.get(PATH).context["stories"]) == []
    assert f"?month={month}" in client.get(PATH).text
    old = client.get(f"{PATH}?month={month}")
    assert [(s.title, s.verdict, s.events) for s in old.context["stories"]] == before
    found = client.get(f"{PATH}?month={month}&q=the+bins").context["stories"]
    assert [story.title for story in found] == ["Bins"]
    assert list(client.get(f"{PATH}?month={month}&status=failed").context["stories"]) == []
    assert "?month=" not in browser(bob).get(PATH).text
    for wrong in ("1999-01", "x"):
        assert client.get(f"{PATH}?month={wrong}").status_code == 404
    assert browser(bob).get(f"{PATH}?month={month}").status_code == 404


def test_a_page_of_a_month_reads_no_more_parts_than_it_shows(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol
    monkeypatch.setattr(archiving, "PER_PART", 4)
    monkeypatch.setattr(shown, "PER_PAGE", 2)
    done_by(carol, *(f"No. {n}" for n in range(12)))
    archive_all(carol)
    address = f"{PATH}?month={month_of(carol)}"
    client, titles = browser(carol), []
    client.get(address)
    queries = asked(lambda: client.get(address))
    assert sum('"entries"' in query for query in queries) == 1
    page = client.get(address)
    for _ in range(5):
        titles += [story.title for story in page.context["stories"]]
        page = client.get(f"{address}&cursor={page.context['cursor']}")
    titles += [story.title for story in page.context["stories"]]
    assert titles == [f"No. {n}" for n in reversed(range(12))]
    assert not page.context["cursor"]
    found = client.get(f"{address}&q=7").context["stories"]
    assert [story.title for story in found] == ["No. 7"]


def test_a_day_that_is_archived_is_asked_for_like_any_other(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    done_by(carol, "Bins")
    day = timezone.localdate()
    archive_all(carol)
    stories = browser(carol).get(f"{PATH}?q=bins+{day}").context["stories"]
    assert [(s.title, s.verdict) for s in stories] == [("Bins", "You got it on time.")]


def test_what_the_household_was_told_is_read_by_who_may_see_it(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    [shared] = done_by(carol, "Shared")
    [private] = done_by(carol, "Secret", visibility="private")
    for reminder in (shared, private):
        told_household(reminder, carol)
    archive_all(carol)
    month = month_of(carol)

    [story] = browser(bob).get(f"{PATH}?month={month}").context["stories"]
    assert (story.title, story.verdict) == ("Shared", "It went to the household, not to you.")
    assert [event.text for event in story.events][1:] == ["Kitchen: sent", "Hall: sent"]


def test_it_is_read_over_the_api_in_the_same_shape(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    done_by(carol, "Bins", "Cat")
    client = api(carol)
    before = client.get("deliveries/").json()["results"]
    archive_all(carol)
    month = month_of(carol)

    months = client.get("deliveries/months/").json()["results"]
    assert months == [{"month": month, "occurrences": 2}]
    old = client.get(f"deliveries/archived/?month={month}").json()
    by_id = {row["id"]: row for row in before}
    assert {row["id"]: row for row in old["results"]} == by_id
    assert old["next"] is None
    first = client.get(f"deliveries/archived/?month={month}&limit=1").json()
    more = client.get(f"deliveries/archived/?month={month}&cursor={first['next']}").json()
    assert [row["id"] for row in first["results"] + more["results"]] == [
        row["id"] for row in before
    ]
    assert client.get("deliveries/").json()["results"] == []
    assert api(bob).get("deliveries/months/").json()["results"] == []
    assert api(bob).get(f"deliveries/archived/?month={month}").json()["results"] == []
    for wrong in ("month=x", "month=2025-13", "", "month=2025-01&x=1", f"month={month}&cursor=x"):
        assert client.get(f"deliveries/archived/?{wrong}").status_code == 400, wrong


def test_a_digest_is_archived_like_any_letter(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    with guild_scope(carol.guild_id, carol):
        now = timezone.now()
        row = Notification.objects.create(
            kind="digest",
            origin="digest:2025-01-01",
            recipient=carol,
            title="Your day",
            due_at=now,
            arrived_at=now,
            done_at=now,
        )
        Delivery.objects.create(
            notification=row,
            recipient=carol,
            channel="inbox",
            status="sent",
            due_at=now,
            try_at=now,
            sent_at=now,
        )
    assert archive_all(carol) == 1
    [story] = browser(carol).get(f"{PATH}?month={month_of(carol)}").context["stories"]
    assert story.title == "Your day"
