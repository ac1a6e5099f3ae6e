"""Making a reminder: on the page, over the API, twice, badly, as a viewer, as a stranger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.guild.ids import uuid7
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from reminders.models import Reminder

URL = "/g/home/reminders/"


def at(**later: float) -> str:
    return (timezone.now() + timedelta(**later)).isoformat().replace("+00:00", "Z")


def test_it_makes_a_reminder_from_the_page(cast: Cast) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    said = {"message": "Bins out", "frequency": "once", "on": str(tomorrow), "time": "19:00"}
    said |= {"recipients": str(cast.bob.pk), "time_zone": "Europe/Berlin"}

    response = browser(cast.carol).post(f"{URL}add/", said)

    with guild_scope(cast.home.pk, cast.carol):
        [reminder] = Reminder.objects.all()
        assert response.status_code == 302
        assert response["Location"] == f"{URL}{reminder.pk}/"
        assert reminder.recipients == [cast.bob]
        assert reminder.next_due_at == reminder.once_at
        assert Change.objects.get(entity_id=reminder.pk).verb == "added"
    shown = browser(cast.carol).get(response["Location"]).content.decode()
    assert "Bins out" in shown


def test_lines_that_a_browser_ends_in_its_own_way_are_lines(cast: Cast) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    said = {"message": "Bins out\r\nBoth.", "frequency": "once", "on": str(tomorrow)}
    said |= {"recipients": str(cast.carol.pk)}
    browser(cast.carol).post(f"{URL}add/", said | {"time": "19:00", "time_zone": "UTC"})

    with guild_scope(cast.home.pk, cast.carol):
        [reminder] = Reminder.objects.all()
    assert (reminder.title, reminder.rest) == ("Bins out", "Both.")


def test_it_makes_a_reminder_over_the_api(cast: Cast) -> None:
    body = {"message": "Inhaler", "frequency": "weekly", "time": "07:30", "weekdays": [5, 1]}

    response = api(cast.carol).post("reminders/", body)

    row = response.json()
    assert response.status_code == 201, row
    assert row["weekdays"] == [1, 5]
    assert row["time"] == "07:30"
    assert row["recipients"] == [str(cast.carol.pk)]
    assert row["source"] is None
    assert row["next_due_at"].endswith("Z")


def test_everyone_and_one_weekday_are_words_of_the_api(cast: Cast) -> None:
    body = {"message": "Bins", "frequency": "weekly", "time": "19:00", "weekday": 1}

    row = api(cast.carol).post("reminders/", body | {"recipients": "everyone"}).json()

    assert row["recipients"] == "everyone"
    assert row["weekdays"] == [1]


def test_the_same_create_twice_makes_one(cast: Cast) -> None:
    body = {"id": str(uuid7()), "message": "Rent", "frequency": "once", "at": at(hours=1)}
    client = api(cast.carol)

    first, again = client.post("reminders/", body), client.post("reminders/", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_a_taken_id_with_another_body_is_a_conflict(cast: Cast) -> None:
    body = {"id": str(uuid7()), "message": "Rent", "frequency": "once", "at": at(hours=1)}
    api(cast.carol).post("reminders/", body)

    response = api(cast.carol).post("reminders/", body | {"message": "Tax"})

    assert response.status_code == 409


ONCE: dict[str, Any] = {"message": "Rent", "frequency": "once", "at": "2031-03-11T09:00:00Z"}
DAILY: dict[str, Any] = {"message": "Pills", "frequency": "daily", "time": "07:30"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (ONCE | {"message": ""}, "/message"),
        (ONCE | {"message": "   "}, "/message"),
        (ONCE | {"message": "x" * 1001}, "/message"),
        (ONCE | {"message": "a\0b"}, "/message"),
        (ONCE | {"message": 5}, "/message"),
        (ONCE | {"at": "2020-01-01T00:00:00Z"}, "/at"),
        (ONCE | {"at": "2027-02-31T00:00:00Z"}, "/at"),
        (ONCE | {"at": "1969-12-31T00:00:00Z"}, "/at"),
        (ONCE | {"at": "9999-12-31T23:59:59-12:00"}, "/at"),
        (ONCE | {"at": "12abc"}, "/at"),
        (ONCE | {"at": "2031-03-11T09:00"}, "/at"),
        (ONCE | {"at": 1e20}, "/at"),
        ({"message": "Rent", "frequency": "once"}, "/at"),
        (ONCE | {"frequency": "fortnightly"}, "/frequency"),
        (ONCE | {"frequency": None}, "/frequency"),
        (ONCE | {"time_zone": "Mars/Phobos"}, "/time_zone"),
        (ONCE | {"cron": "0 9 * * *"}, "/cron"),
        (ONCE | {"recipients": []}, "/recipients"),
        (ONCE | {"recipients": "all"}, "/recipients"),
        (ONCE | {"recipients": ["12abc"]}, "/recipients/0"),
        (ONCE | {"recipients": [str(uuid7())]}, "/recipients/0"),
        (ONCE | {"source": {"kind": "task", "id": str(uuid7())}}, "/source"),
        (ONCE | {"source": {"kind": "cake", "id": str(uuid7())}}, "/source/kind"),
        (ONCE | {"source": "task"}, "/source"),
        (ONCE | {"id": "12abc"}, "/id"),
        (DAILY | {"time": "25:00"}, "/time"),
        (DAILY | {"time": "7:30"}, "/time"),
        ({"message": "Pills", "frequency": "daily"}, "/time"),
        (DAILY | {"starts_on": "2027-02-31"}, "/starts_on"),
        (DAILY | {"starts_on": "10000-01-01"}, "/starts_on"),
        (DAILY | {"frequency": "weekly"}, "/weekdays"),
        (DAILY | {"frequency": "weekly", "weekdays": []}, "/weekdays"),
        (DAILY | {"frequency": "weekly", "weekdays": [7]}, "/weekdays/0"),
        (DAILY | {"frequency": "weekly", "weekdays": [2**63]}, "/weekdays/0"),
        ({"message": "x", "frequency": "before", "before_minutes": 30}, "/source"),
        ({"message": "x", "frequency": "before", "before_minutes": -1}, "/before_minutes"),
        ({"message": "x", "frequency": "before", "before_minutes": 10**20}, "/before_minutes"),
    ],
)
def test_it_refuses_what_cannot_be(cast: Cast, body: dict[str, Any], pointer: str) -> None:
    response = api(cast.carol).post("reminders/", body)

    assert response.status_code == 400, response.content
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    with guild_scope(cast.home.pk, cast.carol):
        assert not Reminder.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"message": " "}, "message"),
        ({"message": "x" * 1001}, "message"),
        ({"on": "2027-02-31"}, "on"),
        ({"on": "1969-12-31"}, "on"),
        ({"on": "2020-01-01"}, "on"),
        ({"on": "12abc"}, "on"),
        ({"time": "25:00"}, "time"),
        ({"time": ""}, "time"),
        ({"time_zone": "Mars/Phobos"}, "time_zone"),
        ({"frequency": "hourly"}, "frequency"),
        ({"frequency": "weekly"}, "weekdays"),
        ({"frequency": "weekly", "weekdays": "8"}, "weekdays"),
        ({"recipients": []}, "recipients"),
        ({"recipients": "12abc"}, "recipients"),
        ({"recipients": str(uuid7())}, "recipients"),
    ],
)
def test_the_form_says_beside_the_field_what_is_wrong(
    cast: Cast, said: dict[str, Any], field: str
) -> None:
    good = {"message": "Bins", "frequency": "once", "on": "2031-01-01", "time": "19:00"}
    good |= {"recipients": str(cast.carol.pk)}

    response = browser(cast.carol).post(f"{URL}add/", good | said)

    assert response.status_code == 422
    assert field in response.context["form"].errors
    with guild_scope(cast.home.pk, cast.carol):
        assert not Reminder.objects.exists()


def test_a_viewer_reminds_herself_alone(cast: Cast) -> None:
    client, mine = api(cast.bob), ONCE | {"visibility": "private"}

    assert client.post("reminders/", ONCE).status_code == 403
    others = mine | {"recipients": [str(cast.carol.pk)]}
    assert client.post("reminders/", others).status_code == 403
    assert client.post("reminders/", mine | {"recipients": "everyone"}).status_code == 403
    assert client.post("reminders/", mine).status_code == 201


def test_a_stranger_finds_no_such_household(cast: Cast) -> None:
    assert api(cast.charlie, cast.home).post("reminders/", ONCE).status_code == 404
    assert browser(cast.charlie).post(f"{URL}add/", {}).status_code == 404


def test_a_recipient_of_another_household_is_unknown(cast: Cast) -> None:
    response = api(cast.carol).post("reminders/", ONCE | {"recipients": [str(cast.charlie.pk)]})

    assert response.status_code == 400


def test_it_shows_the_next_five_times_before_anything_is_stored(cast: Cast) -> None:
    body = DAILY | {"time": "02:30", "time_zone": "Europe/Berlin", "starts_on": "2031-03-29"}

    answer = api(cast.carol).post("reminders/preview/", body).json()

    # On 30 March 2031 Berlin has no 02:30.
    assert answer["next"][:2] == ["2031-03-29T02:30:00+01:00", "2031-03-30T03:30:00+02:00"]
    assert len(answer["next"]) == 5
    with guild_scope(cast.home.pk, cast.carol):
        assert not Reminder.objects.exists()


def test_the_form_shows_the_next_five_times_too(cast: Cast) -> None:
    said = {"message": "Pills", "frequency": "daily", "time": "07:30", "preview": "1"}

    response = browser(cast.carol).post(f"{URL}add/", said | {"recipients": str(cast.carol.pk)})

    assert response.status_code == 200
    assert len(response.context["five"]) == 5
    with guild_scope(cast.home.pk, cast.carol):
        assert not Reminder.objects.exists()


def test_one_weekday_twice_makes_one_reminder(cast: Cast) -> None:
    body = {"id": str(uuid7()), "message": "Bins", "frequency": "weekly", "weekday": 2}
    answers = [api(cast.carol).post("reminders/", body | {"time": "19:00"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]


def test_the_form_asks_how_long_before(cast: Cast) -> None:
    task = api(cast.carol).post("tasks/", {"title": "Sign the form", "due_on": "2126-01-01"})
    form = {
        "frequency": "before",
        "source_kind": "task",
        "source_id": task.json()["id"],
        "recipients": [cast.carol.pk],
    }
    response = browser(cast.carol).post("/g/home/reminders/add/", form)
    assert response.status_code == 422
    assert "Say how many minutes before." in response.text
