"""What is done to reminders stands in the history, and goes back from there."""

from __future__ import annotations

from datetime import time

import pytest

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
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


def test_it_is_told_in_sentences(cast: Cast, pills: Reminder) -> None:
    api(cast.carol).post(f"reminders/{pills.pk}/pause/")

    page = browser(cast.alice).get("/g/home/history/").content.decode()

    assert "Carol paused the reminder “Pills”" in page
    assert "Carol added the reminder “Pills”" in page
