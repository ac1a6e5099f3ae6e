"""What is late because no engine ran, and is changed before one does: told of, or with a row."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.guild.testing import Cast, api
from accounts.models import Member
from reminders.testing import deliver, deliveries, make_reminder
from reminders.tests.test_engine_changes import inbox_of


def late(by: Member) -> tuple[Any, list[int]]:
    """A weekly reminder that fell due a moment ago, unseen by any engine, and its weekdays."""
    at = timezone.now() + timedelta(seconds=2)
    days, clock = [at.isoweekday() % 7], at.time().replace(microsecond=0)
    made = make_reminder(by, frequency="weekly", weekdays=days, time=clock, time_zone="UTC")
    time.sleep(2.1)
    return {"id": made.pk}, days


def rows(row: Any) -> list[tuple[str, str]]:
    found = deliveries(row["id"])
    return [(one["status"], one["reason"]) for one in found if one["channel"] == "inbox"]


def test_on_one_more_day_it_comes_all_the_same(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    row, days = late(carol)

    more = sorted({*days, (days[0] + 3) % 7})
    api(carol).patch(f"reminders/{row['id']}/", {"weekdays": more})
    deliver()

    assert inbox_of(carol) == ["Feed the cat"]


@pytest.mark.parametrize(
    ("verb", "why"), [("edit", "edited"), ("pause", "paused"), ("delete", "deleted")]
)
def test_what_is_passed_over_has_a_row_that_says_why(
    committed_cast: Cast, verb: str, why: str
) -> None:
    carol = committed_cast.carol
    row, days = late(carol)
    client, path = api(carol), f"reminders/{row['id']}/"

    match verb:
        case "edit":
            client.patch(path, {"weekdays": [(days[0] + 3) % 7]})
        case "pause":
            client.post(f"{path}pause/")
        case "delete":
            client.delete(path)
    deliver()

    assert rows(row) == [("skipped", why)]
    assert inbox_of(carol) == []


def test_what_is_still_ahead_leaves_no_row(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    said = {"frequency": "once", "at": at, "message": "Feed the cat"}
    row = api(carol).post("reminders/", said).json()

    api(carol).post(f"reminders/{row['id']}/pause/")

    assert rows(row) == []
