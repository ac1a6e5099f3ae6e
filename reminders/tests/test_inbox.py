"""The inbox: done, later, seen; everybody's own, and nobody else's."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from accounts.guild.ids import uuid7
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change, Member
from reminders import inbox
from reminders.models import Notification, Reminder
from reminders.testing import deliver, deliveries, make_reminder

INBOX = "/g/home/inbox/"


@pytest.fixture
def reminder(committed_cast: Cast) -> Reminder:
    """What Carol made for Bob, who only views; it has come."""
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, in_seconds=0.2, recipients=[bob, carol])
    deliver(seconds=2)
    return reminder


def row_of(member: Member) -> Notification:
    with guild_scope(member.guild_id, member):
        found: Notification = Notification.objects.get()
        return found


def test_it_lists_what_came_in_the_shape_of_the_api(
    committed_cast: Cast, reminder: Reminder
) -> None:
    answer = api(committed_cast.bob).get("inbox/").json()

    [row] = answer["results"]
    assert set(row) == {
        "id", "kind", "title", "body", "url", "created_at", "read_at", "done_at", "snoozed_until",
        "delivery",
    }  # fmt: skip
    assert (row["kind"], row["title"]) == ("reminder", "Feed the cat")
    assert row["url"] == f"/g/home/reminders/{reminder.pk}/"
    assert set(row["delivery"]) == {"due_at", "sent_at", "late_by_seconds"}
    assert row["delivery"]["due_at"].endswith("Z")


def test_a_viewer_says_done_and_it_leaves_the_open_list(
    committed_cast: Cast, reminder: Reminder
) -> None:
    bob = committed_cast.bob
    row, page = row_of(bob), browser(bob)
    assert "Feed the cat" in page.get(INBOX).content.decode()

    response = page.post(f"{INBOX}{row.pk}/done/")

    assert response["Location"] == INBOX
    assert row_of(bob).done_at
    assert row_of(committed_cast.carol).done_at is None
    assert "Feed the cat" in page.get(f"{INBOX}?show=all").content.decode()
    with guild_scope(bob.guild_id, bob):
        assert not Notification.objects.waiting().exists()
        assert Change.objects.get(entity_id=row.pk).verb == "done"
    with guild_scope(bob.guild_id, committed_cast.carol):
        assert not Change.objects.filter(entity_id=row.pk).exists()


def test_done_over_the_api_twice_is_harmless(committed_cast: Cast, reminder: Reminder) -> None:
    row, client = row_of(committed_cast.bob), api(committed_cast.bob)

    first = client.post(f"inbox/{row.pk}/done/")
    again = client.post(f"inbox/{row.pk}/done/")

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert client.get("inbox/?state=open").json()["results"] == []
    assert len(client.get("inbox/?state=all").json()["results"]) == 1


def test_done_can_be_taken_back(committed_cast: Cast, reminder: Reminder) -> None:
    row, page = row_of(committed_cast.bob), browser(committed_cast.bob)

    page.post(f"{INBOX}{row.pk}/done/")
    page.post(f"{INBOX}{row.pk}/reopen/")

    assert row_of(committed_cast.bob).done_at is None


def test_later_sends_it_again_by_the_same_ways(committed_cast: Cast, reminder: Reminder) -> None:
    bob = committed_cast.bob
    row, page = row_of(bob), browser(bob)

    page.post(f"{INBOX}{row.pk}/snooze/", {"for": "10"})

    assert row_of(bob).snoozed_until
    assert "Feed the cat" not in page.get(INBOX).content.decode()
    deliver(minutes=11)
    assert row_of(bob).snoozed_until is None
    mine = [one for one in deliveries(reminder) if one["recipient"] == bob.pk]
    assert [(one["channel"], one["step"]) for one in mine] == [
        ("inbox", 0),
        ("email", 0),
        ("inbox", 1),
        ("email", 1),
    ]
    assert {one["status"] for one in mine} == {"sent"}


def test_done_before_the_snooze_is_over_sends_nothing_more(
    committed_cast: Cast, reminder: Reminder, mailoutbox: list[Any]
) -> None:
    row, client = row_of(committed_cast.bob), api(committed_cast.bob)
    before = len(mailoutbox)

    client.post(f"inbox/{row.pk}/snooze/", {"minutes": 10})
    client.post(f"inbox/{row.pk}/done/")
    deliver(minutes=11)

    assert len(mailoutbox) == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"minutes": 0}, "/minutes"),
        ({"minutes": 10**20}, "/minutes"),
        ({"minutes": "10"}, "/minutes"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"until": "9000-01-01T00:00:00Z"}, "/until"),
        ({"until": "12abc"}, "/until"),
        ({"for": 10}, "/for"),
    ],
)
def test_it_refuses_a_snooze_that_cannot_be(
    committed_cast: Cast, reminder: Reminder, body: dict[str, Any], pointer: str
) -> None:
    row = row_of(committed_cast.bob)

    response = api(committed_cast.bob).post(f"inbox/{row.pk}/snooze/", body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer
    assert row_of(committed_cast.bob).snoozed_until is None


def test_the_page_refuses_it_too(committed_cast: Cast, reminder: Reminder) -> None:
    row, page = row_of(committed_cast.bob), browser(committed_cast.bob)

    for wanted in ("", "soon", "-5", "9999999", "\u0661\u0660"):
        assert page.post(f"{INBOX}{row.pk}/snooze/", {"for": wanted}).status_code == 400


def test_tomorrow_morning_is_eight_on_the_readers_clock(
    committed_cast: Cast, reminder: Reminder
) -> None:
    row, page = row_of(committed_cast.bob), browser(committed_cast.bob)

    page.post(f"{INBOX}{row.pk}/snooze/", {"for": "morning"})

    until = row_of(committed_cast.bob).snoozed_until
    assert until
    assert (until.hour, until.date()) == (8, timezone.now().date() + timedelta(days=1))


def test_the_reminder_is_snoozed_by_its_own_id_too(
    committed_cast: Cast, reminder: Reminder
) -> None:
    client = api(committed_cast.bob)

    assert client.post(f"reminders/{reminder.pk}/snooze/", {"minutes": 30}).status_code == 200
    assert row_of(committed_cast.bob).snoozed_until
    assert client.post(f"reminders/{reminder.pk}/snooze/").status_code == 409


def test_read_is_noted_once(committed_cast: Cast, reminder: Reminder) -> None:
    row, client = row_of(committed_cast.bob), api(committed_cast.bob)

    first = client.post(f"inbox/{row.pk}/read/").json()["read_at"]

    assert first
    assert client.post(f"inbox/{row.pk}/read/").json()["read_at"] == first


def test_nobody_touches_anothers_inbox(committed_cast: Cast, reminder: Reminder) -> None:
    row = row_of(committed_cast.bob)

    for verb in ("done", "snooze", "read"):
        assert api(committed_cast.alice).post(f"inbox/{row.pk}/{verb}/").status_code == 404
        stranger = api(committed_cast.charlie, committed_cast.home)
        assert stranger.post(f"inbox/{row.pk}/{verb}/").status_code == 404
        page = browser(committed_cast.alice)
        assert page.post(f"{INBOX}{row.pk}/{verb}/", {"for": "10"}).status_code == 404
    assert api(committed_cast.bob).post(f"inbox/{uuid7()}/done/").status_code == 404
    assert browser(committed_cast.charlie).get(INBOX).status_code == 404


def test_what_is_planned_is_not_in_the_inbox_yet(committed_cast: Cast) -> None:
    make_reminder(committed_cast.carol, in_seconds=20)
    deliver()
    row, client = row_of(committed_cast.carol), api(committed_cast.carol)

    assert client.get("inbox/").json()["results"] == []
    assert client.post(f"inbox/{row.pk}/done/").status_code == 404


def test_the_badge_counts_what_waits(committed_cast: Cast, reminder: Reminder) -> None:
    page = browser(committed_cast.bob)

    assert ">1<" in page.get(f"{INBOX}badge/").content.decode()
    page.post(f"{INBOX}{row_of(committed_cast.bob).pk}/done/")
    assert "hidden" in page.get(f"{INBOX}badge/").content.decode()


def test_htmx_gets_the_list_alone(committed_cast: Cast, reminder: Reminder) -> None:
    row, page = row_of(committed_cast.bob), browser(committed_cast.bob)

    answer = page.post(f"{INBOX}{row.pk}/done/", headers={"HX-Request": "true"})

    html = answer.content.decode()
    assert 'id="inbox"' in html
    assert "<html" not in html
    assert "reopen" in html  # the toast's Undo


def test_done_and_deleted_at_the_same_moment_do_not_wait_for_each_other(
    committed_cast: Cast, reminder: Reminder
) -> None:
    bob, client = committed_cast.bob, api(committed_cast.carol)
    row = row_of(bob)
    # A round that is still to come is what both of them write.
    api(bob).post(f"inbox/{row.pk}/snooze/", {"minutes": 10})

    def delete() -> int:
        try:
            status: int = client.delete(f"reminders/{reminder.pk}/").status_code
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with guild_scope(bob.guild_id, bob):
            held = Notification.objects.select_for_update(of=["self"]).get(pk=row.pk)
            deletion = pool.submit(delete)
            time.sleep(0.5)  # until it waits for the row
            assert inbox.done(held, by=bob, at=timezone.now())
        assert deletion.result(10) == 204
