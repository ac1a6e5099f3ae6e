"""Edit, pause, resume, delete, restore: by page and API, twice, as a viewer, as a stranger."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.utils import timezone

from accounts.guild.ids import uuid7
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from reminders.models import Reminder
from reminders.testing import make_reminder

LIST = "/g/home/reminders/"


@pytest.fixture
def pills(cast: Cast) -> Reminder:
    return make_reminder(
        cast.carol, message="Pills", frequency="daily", time=time(7, 30), time_zone="Europe/Berlin"
    )


def fresh(reminder: Reminder, cast: Cast) -> Reminder:
    with guild_scope(cast.home.pk, cast.carol):
        found: Reminder = Reminder.objects.get(pk=reminder.pk)
        return found


def test_it_edits_over_the_api_and_writes_down_what_changed(cast: Cast, pills: Reminder) -> None:
    response = api(cast.carol).patch(f"reminders/{pills.pk}/", {"time": "08:00"})

    assert response.status_code == 200, response.content
    assert response.json()["time"] == "08:00"
    with guild_scope(cast.home.pk, cast.carol):
        change = Change.objects.filter(entity_id=pills.pk).latest("created_at")
    assert (change.verb, change.before, change.after) == (
        "edited",
        {"time": "07:30:00"},
        {"time": "08:00:00"},
    )


def test_it_edits_on_the_page(cast: Cast, pills: Reminder) -> None:
    page = browser(cast.carol)
    shown = page.get(f"{LIST}{pills.pk}/edit/")
    said = {"message": "Pills", "frequency": "weekly", "weekdays": ["1", "3"], "time": "07:30"}
    said |= {"recipients": str(cast.bob.pk), "version": shown.context["version"]}

    response = page.post(f"{LIST}{pills.pk}/edit/", said)

    assert response.status_code == 302, response.context["form"].errors
    after = fresh(pills, cast)
    assert (after.frequency, after.weekdays) == ("weekly", [1, 3])
    assert after.time_zone == "Europe/Berlin"
    assert "every Monday and Wednesday" in page.get(f"{LIST}{pills.pk}/").content.decode()


def test_an_edit_over_anothers_edit_is_refused(cast: Cast, pills: Reminder) -> None:
    page = browser(cast.carol)
    version = page.get(f"{LIST}{pills.pk}/edit/").context["version"]
    api(cast.alice).patch(f"reminders/{pills.pk}/", {"message": "Two pills"})
    said = {"message": "Three", "frequency": "daily", "time": "07:30", "version": version}

    response = page.post(f"{LIST}{pills.pk}/edit/", said | {"recipients": str(cast.carol.pk)})

    assert response.status_code == 422
    assert fresh(pills, cast).message == "Two pills"


def test_a_stale_etag_is_refused(cast: Cast, pills: Reminder) -> None:
    client = api(cast.carol)
    tag = client.get(f"reminders/{pills.pk}/")["ETag"]
    client.patch(f"reminders/{pills.pk}/", {"message": "Two pills"})

    response = client.patch(
        f"reminders/{pills.pk}/", {"message": "Three"}, headers={"If-Match": tag}
    )

    assert response.status_code == 412


def test_what_the_engine_notes_is_news_and_no_reason_to_refuse(cast: Cast, pills: Reminder) -> None:
    client, path = api(cast.carol), f"reminders/{pills.pk}/"
    tag = client.get(path)["ETag"]
    with guild_scope(cast.home.pk):
        assert Reminder.objects.update(look_at=timezone.now(), next_slot="x") == 1

    news = client.get(path, headers={"If-None-Match": tag})

    assert (news.status_code, news["ETag"] != tag) == (200, True)
    assert client.patch(path, {"message": "Two"}, headers={"If-Match": tag}).status_code == 200


def test_another_frequency_forgets_what_the_old_one_needed(cast: Cast, pills: Reminder) -> None:
    body = {"frequency": "once", "at": "2031-03-11T09:00:00Z"}

    row = api(cast.carol).patch(f"reminders/{pills.pk}/", body).json()

    assert (row["time"], row["starts_on"], row["at"]) == (None, None, "2031-03-11T09:00:00.000000Z")
    assert row["next_due_at"] == row["at"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"message": ""}, "/message"),
        ({"time": None}, "/time"),
        ({"frequency": "weekly"}, "/weekdays"),
        ({"frequency": "once"}, "/at"),
        ({"frequency": "once", "at": "2020-01-01T00:00:00Z"}, "/at"),
        ({"frequency": "before"}, "/before_minutes"),
        ({"time_zone": "Mars/Phobos"}, "/time_zone"),
        ({"time_zone": ""}, "/time_zone"),
        ({"recipients": []}, "/recipients"),
        ({"paused_at": "2031-01-01T00:00:00Z"}, "/paused_at"),
        ({"next_due_at": "2031-01-01T00:00:00Z"}, "/next_due_at"),
        ({"id": str(uuid7())}, "/id"),
    ],
)
def test_it_refuses_an_edit_that_cannot_be(
    cast: Cast, pills: Reminder, body: dict[str, Any], pointer: str
) -> None:
    response = api(cast.carol).patch(f"reminders/{pills.pk}/", body)

    assert response.status_code == 400, response.content
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert fresh(pills, cast).updated_at == pills.updated_at


def test_pause_and_resume_twice_are_harmless(cast: Cast, pills: Reminder) -> None:
    client = api(cast.carol)

    first = client.post(f"reminders/{pills.pk}/pause/").json()
    assert first["paused_at"]
    assert first["next_due_at"] is None
    assert client.post(f"reminders/{pills.pk}/pause/").json()["paused_at"] == first["paused_at"]

    for _ in range(2):
        assert client.post(f"reminders/{pills.pk}/resume/").json()["paused_at"] is None
    assert fresh(pills, cast).next_due_at
    with guild_scope(cast.home.pk, cast.carol):
        verbs = Change.objects.filter(entity_id=pills.pk).order_by("created_at")
        assert [change.verb for change in verbs] == ["added", "paused", "resumed"]


def test_pause_delete_and_restore_on_the_page(cast: Cast, pills: Reminder) -> None:
    page = browser(cast.carol)

    page.post(f"{LIST}{pills.pk}/pause/")
    assert "paused" in page.get(LIST).content.decode()
    page.post(f"{LIST}{pills.pk}/resume/")
    page.post(f"{LIST}{pills.pk}/delete/")
    assert page.get(f"{LIST}{pills.pk}/").status_code == 404
    assert "Pills" in page.get(f"{LIST}trash/").content.decode()
    page.post(f"{LIST}{pills.pk}/restore/")

    after = fresh(pills, cast)
    assert after.deleted_at is None
    assert after.next_due_at
    assert after.next_due_at > timezone.now()


def test_delete_over_the_api_and_restore(cast: Cast, pills: Reminder) -> None:
    client = api(cast.carol)

    assert client.delete(f"reminders/{pills.pk}/").status_code == 204
    assert client.delete(f"reminders/{pills.pk}/").status_code == 404
    assert client.get("reminders/").json()["results"] == []
    assert len(client.get("reminders/?deleted=true").json()["results"]) == 1
    assert client.post(f"reminders/{pills.pk}/restore/").json()["deleted_at"] is None


def test_a_viewer_sees_it_and_changes_nothing(cast: Cast, pills: Reminder) -> None:
    client, page = api(cast.bob), browser(cast.bob)

    assert client.get(f"reminders/{pills.pk}/").status_code == 200
    assert client.patch(f"reminders/{pills.pk}/", {"message": "x"}).status_code == 403
    assert client.delete(f"reminders/{pills.pk}/").status_code == 403
    for verb in ("pause", "resume"):
        assert client.post(f"reminders/{pills.pk}/{verb}/").status_code == 403
    for verb in ("pause", "resume", "delete"):
        assert page.post(f"{LIST}{pills.pk}/{verb}/").status_code == 403
    shown = page.get(f"{LIST}{pills.pk}/").content.decode()
    assert "Pills" in shown
    assert f"{pills.pk}/edit/" not in shown
    assert page.get(f"{LIST}{pills.pk}/edit/").status_code == 403
    api(cast.carol).post(f"reminders/{pills.pk}/pause/")
    assert f"{pills.pk}/resume/" not in page.get(LIST).text
    api(cast.carol).delete(f"reminders/{pills.pk}/")
    assert f"{pills.pk}/restore/" not in page.get(f"{LIST}trash/").text


def test_the_pages_offer_a_viewer_what_she_may_do_with_her_own(cast: Cast) -> None:
    mine, page = make_reminder(cast.bob, visibility="private"), browser(cast.bob)

    assert f"{mine.pk}/edit/" in page.get(f"{LIST}{mine.pk}/").text
    assert page.get(f"{LIST}{mine.pk}/edit/").status_code == 200
    page.post(f"{LIST}{mine.pk}/pause/")
    assert f"{mine.pk}/resume/" in page.get(LIST).text
    page.post(f"{LIST}{mine.pk}/delete/")
    assert f"{mine.pk}/restore/" in page.get(f"{LIST}trash/").text
    assert page.post(f"{LIST}{mine.pk}/restore/").status_code == 302


def test_a_stranger_finds_nothing(cast: Cast, pills: Reminder) -> None:
    for guild in (cast.home, cast.elsewhere):
        client = api(cast.charlie, guild)
        assert client.get(f"reminders/{pills.pk}/").status_code == 404
        assert client.patch(f"reminders/{pills.pk}/", {"message": "x"}).status_code == 404
        assert client.delete(f"reminders/{pills.pk}/").status_code == 404
        for verb in ("pause", "resume", "snooze", "restore"):
            assert client.post(f"reminders/{pills.pk}/{verb}/").status_code == 404
        assert client.get(f"reminders/{pills.pk}/deliveries/").status_code == 404
    page = browser(cast.charlie)
    for path in ("home", "elsewhere"):
        assert page.get(f"/g/{path}/reminders/{pills.pk}/").status_code == 404
        for verb in ("pause", "resume", "delete", "restore"):
            assert page.post(f"/g/{path}/reminders/{pills.pk}/{verb}/").status_code == 404


def test_a_private_one_is_its_makers_alone(cast: Cast) -> None:
    mine = make_reminder(cast.carol, visibility="private")

    assert api(cast.alice).get(f"reminders/{mine.pk}/").status_code == 404
    assert browser(cast.alice).post(f"{LIST}{mine.pk}/delete/").status_code == 404
    assert "Feed the cat" not in browser(cast.alice).get(LIST).content.decode()


def test_others_trash_is_an_admins(cast: Cast, pills: Reminder) -> None:
    api(cast.alice).delete(f"reminders/{pills.pk}/")
    dora = make_reminder(cast.alice, message="Dora's")
    api(cast.alice).delete(f"reminders/{dora.pk}/")

    assert api(cast.carol).post(f"reminders/{dora.pk}/restore/").status_code == 403
    assert api(cast.carol).post(f"reminders/{pills.pk}/restore/").status_code == 200


def test_the_list_costs_the_same_however_long_it_is(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for n in range(12):
        make_reminder(cast.carol, message=f"No. {n}", recipients=[cast.bob, cast.carol])
    page = browser(cast.carol)

    page.get(LIST)  # the first visit writes the session
    with django_assert_max_num_queries(11):
        page.get(LIST)
