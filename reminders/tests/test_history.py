"""What is done to reminders stands in the history, and goes back from there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import time
from time import sleep

import pytest
from django.db import connections
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from reminders.actions import edit_reminder
from reminders.models import Reminder
from reminders.testing import make_reminder


@pytest.fixture
def pills(cast: Cast) -> Reminder:
    return make_reminder(
        cast.carol, message="Pills", frequency="daily", time=time(7, 30), time_zone="Europe/Berlin"
    )


def last_change(reminder: Reminder, cast: Cast) -> Change:
    with guild_scope(cast.home.pk, cast.carol):
        found: Change = Change.objects.filter(entity_id=reminder.pk).latest("created_at")
        return found


@pytest.mark.parametrize("act", ["edit", "people", "pause", "resume", "delete", "restore"])
def test_each_act_goes_back(cast: Cast, pills: Reminder, act: str) -> None:
    client, path = api(cast.carol), f"reminders/{pills.pk}/"
    if act in {"resume", "restore"}:
        client.post(f"{path}pause/") if act == "resume" else client.delete(path)
    shown = "?deleted=true" if act == "restore" else ""
    before = client.get(f"reminders/{shown}").json()["results"]
    match act:
        case "edit":
            client.patch(path, {"frequency": "weekly", "weekday": 3, "time": "08:00"})
        case "people":
            client.patch(path, {"recipients": "everyone"})
        case "delete":
            client.delete(path)
        case verb:
            client.post(f"{path}{verb}/")

    response = client.post(f"changes/{last_change(pills, cast).pk}/revert/")

    assert response.status_code == 200, response.content
    after = client.get(f"reminders/{shown}").json()["results"]
    moving = {"updated_at", "paused_at", "deleted_at"}
    assert [{k: v for k, v in row.items() if k not in moving} for row in after] == [
        {k: v for k, v in row.items() if k not in moving} for row in before
    ]


def test_what_it_said_in_private_stays_there_when_it_is_shared(cast: Cast) -> None:
    mine = make_reminder(cast.carol, message="Call the lawyer", visibility="private")
    client = api(cast.carol)
    client.patch(f"reminders/{mine.pk}/", {"message": "Meet the lawyer"})
    shared = {"message": "Appointment", "visibility": "household"}
    assert client.patch(f"reminders/{mine.pk}/", shared).status_code == 200

    rows = api(cast.alice).get(f"changes/?entity={mine.pk}")
    assert [row["before"] for row in rows.json()["results"]] == [{"visibility": "private"}]
    for text in (rows.text, browser(cast.bob).get("/g/home/history/").text):
        assert "Appointment" in text
        assert "lawyer" not in text
    assert "Meet the lawyer" in browser(cast.carol).get("/g/home/history/").text


def test_a_viewer_takes_back_her_own(cast: Cast) -> None:
    mine = make_reminder(cast.bob, message="Pills", visibility="private")
    browser(cast.bob).post(f"/g/home/reminders/{mine.pk}/pause/")
    with guild_scope(cast.home.pk, cast.bob):
        change = Change.objects.get(verb="paused").pk
    revert = f"/g/home/history/{change}/revert/"

    assert revert in browser(cast.bob).get("/g/home/history/").text
    assert browser(cast.bob).post(revert).status_code == 302

    assert api(cast.bob).get(f"reminders/{mine.pk}/").json()["paused_at"] is None


def test_what_is_changed_at_the_same_moment_is_not_overwritten(committed_cast: Cast) -> None:
    cast = committed_cast
    mine = make_reminder(cast.carol, message="First")
    api(cast.carol).patch(f"reminders/{mine.pk}/", {"message": "Second"})
    client, change = api(cast.alice), last_change(mine, cast)

    def take_back() -> int:
        try:
            return int(client.post(f"changes/{change.pk}/revert/").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with guild_scope(cast.home.pk, cast.carol):
            edit_reminder(mine, by=cast.carol, at=timezone.now(), message="Third")
            asked = pool.submit(take_back)
            wait_for_a_lock()
        assert asked.result(timeout=60) == 409

    assert client.get(f"reminders/{mine.pk}/").json()["message"] == "Third"


def wait_for_a_lock() -> None:
    """Until somebody waits for what another holds."""
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
    for _try in range(600):
        with connections["system"].cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone() == (True,):
                return
        sleep(0.1)
    raise AssertionError("Nobody waits.")


def test_what_it_belonged_to_comes_back(cast: Cast) -> None:
    client = api(cast.carol)
    due = {"due_on": "2126-01-01", "time_zone": "UTC"}
    tasks = [client.post("tasks/", {"title": title} | due).json()["id"] for title in ("A", "B")]
    said = {"frequency": "before", "before_minutes": 30}
    first, other = ({"source": {"kind": "task", "id": pk}} for pk in tasks)
    mine = client.post("reminders/", said | first).json()
    path = f"reminders/{mine['id']}/"
    assert client.patch(path, other).json()["source"] == other["source"]
    with guild_scope(cast.home.pk, cast.carol):
        change = Change.objects.get(entity_id=mine["id"], verb="edited").pk

    assert client.post(f"changes/{change}/revert/").status_code == 200

    assert client.get(path).json()["source"] == first["source"]


def test_it_is_told_in_sentences(cast: Cast, pills: Reminder) -> None:
    api(cast.carol).post(f"reminders/{pills.pk}/pause/")

    page = browser(cast.alice).get("/g/home/history/").content.decode()

    assert "Carol paused the reminder “Pills”" in page
    assert "Carol added the reminder “Pills”" in page
