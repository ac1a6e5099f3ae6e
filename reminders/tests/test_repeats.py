"""Reminders that repeat by the month, by the year, by RRULE or by elapsed time: said on the page
and over the API, ended, left out, kept by the engine, and refused where they cannot be.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from reminders.models import Reminder
from reminders.testing import deliver, deliveries, make_reminder
from reminders.wording import repeat_words

URL = "/g/home/reminders/"
USUAL: dict[str, Any] = {
    "message": "Rent",
    "time": "07:30",
    "time_zone": "Europe/Berlin",
    "starts_on": "2031-01-01",
}
MONTHLY = USUAL | {"frequency": "monthly"}
YEARLY = USUAL | {"frequency": "yearly"}
RRULE = USUAL | {"frequency": "rrule"}
INTERVAL = {"message": "Drink", "frequency": "interval", "at": "2031-01-01T09:00:00Z"}
DAILY = USUAL | {"frequency": "daily"}


def days(cast: Cast, body: dict[str, Any]) -> list[str]:
    """The next five dates as the API previews them; made, it has the same ones."""
    answer = api(cast.carol).post("reminders/preview/", body)
    assert answer.status_code == 200, answer.json()
    made = api(cast.carol).post("reminders/", body)
    assert made.status_code == 201, made.json()
    coming = answer.json()["next"]
    due = datetime.fromisoformat(made.json()["next_due_at"])
    assert due == datetime.fromisoformat(coming[0])
    return [at[:10] for at in coming]


@pytest.mark.parametrize(
    ("body", "coming"),
    [
        (MONTHLY | {"month_day": 31}, ["2031-01-31", "2031-02-28", "2031-03-31"]),
        (MONTHLY | {"month_day": -1}, ["2031-01-31", "2031-02-28", "2031-03-31"]),
        (MONTHLY, ["2031-01-01", "2031-02-01", "2031-03-01"]),
        (MONTHLY | {"nth": {"n": 2, "weekday": 2}}, ["2031-01-14", "2031-02-11", "2031-03-11"]),
        (MONTHLY | {"nth": {"n": -1, "weekday": 0}}, ["2031-01-26", "2031-02-23", "2031-03-30"]),
        (MONTHLY | {"nth": {"n": 5, "weekday": 5}}, ["2031-01-31", "2031-05-30", "2031-08-29"]),
        (
            YEARLY | {"starts_on": "2032-02-29"},
            ["2032-02-29", "2033-02-28", "2034-02-28", "2035-02-28", "2036-02-29"],
        ),
        (
            RRULE | {"rrule": "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"},
            ["2031-01-14", "2031-01-28", "2031-02-11"],
        ),
        (RRULE | {"rrule": "freq=monthly;count=2"}, ["2031-01-01", "2031-02-01"]),
        (RRULE | {"rrule": "FREQ=DAILY;UNTIL=20310102T063000Z"}, ["2031-01-01", "2031-01-02"]),
        (RRULE | {"rrule": "FREQ=DAILY;UNTIL=20310102T062959Z"}, ["2031-01-01"]),
        (RRULE | {"rrule": "FREQ=DAILY;UNTIL=20310102"}, ["2031-01-01", "2031-01-02"]),
        (INTERVAL | {"every_minutes": 1440}, ["2031-01-01", "2031-01-02", "2031-01-03"]),
        (INTERVAL | {"every_minutes": 0.5}, ["2031-01-01"] * 5),
        (INTERVAL | {"every_minutes": 1440, "count": 2}, ["2031-01-01", "2031-01-02"]),
        (INTERVAL | {"every_minutes": 525_600, "until": "2032-01-01"}, ["2031-01-01"] * 1),
        (DAILY | {"count": 3}, ["2031-01-01", "2031-01-02", "2031-01-03"]),
        (DAILY | {"until": "2031-01-02"}, ["2031-01-01", "2031-01-02"]),
        (DAILY | {"count": 3, "skip": ["2031-01-02"]}, ["2031-01-01", "2031-01-03"]),
        (
            INTERVAL | {"every_minutes": 720, "skip": ["2031-01-02"], "time_zone": "UTC"},
            ["2031-01-01", "2031-01-01", "2031-01-03"],
        ),
    ],
)
def test_it_comes_on_these_days(cast: Cast, body: dict[str, Any], coming: list[str]) -> None:
    got = days(cast, body)

    assert got[: len(coming)] == coming
    if "count" in str(body).lower() or "until" in str(body).lower():
        assert len(got) <= len(coming) + (body["frequency"] == "interval")


def test_the_api_answers_what_was_said(cast: Cast) -> None:
    client = api(cast.carol)
    said: dict[str, Any] = {"nth": {"n": 2, "weekday": 4}, "skip": ["2031-02-13"], "count": 12}

    row = client.post("reminders/", MONTHLY | said).json()

    assert {name: row[name] for name in said} == said
    assert row["month_day"] is None
    assert row["until"] is None
    changed = client.patch(f"reminders/{row['id']}/", {"month_day": -1, "until": "2033-01-01"})
    assert changed.status_code == 200, changed.json()
    assert changed.json()["nth"] is None
    assert changed.json()["month_day"] == -1
    assert changed.json()["count"] is None
    other = client.patch(f"reminders/{row['id']}/", {"frequency": "interval", "every_minutes": 90})
    assert other.json()["every_minutes"] == 90
    assert other.json()["month_day"] is None
    assert other.json()["next_due_at"]


def test_minutes_are_kept_in_whole_seconds(cast: Cast) -> None:
    row = api(cast.carol).post("reminders/", INTERVAL | {"every_minutes": 1.2345}).json()
    assert row["every_minutes"] == pytest.approx(74 / 60)


def test_an_interval_without_a_beginning_begins_now(cast: Cast) -> None:
    body = {"message": "Drink", "frequency": "interval", "every_minutes": 30}

    row = api(cast.carol).post("reminders/", body).json()

    due = datetime.fromisoformat(row["next_due_at"])
    assert abs(due - timezone.now() - timedelta(minutes=30)) < timedelta(seconds=10)
    assert row["at"] == row["next_due_at"]


def test_five_times_are_five_that_come(cast: Cast) -> None:
    over = (timezone.now() - timedelta(minutes=2)).strftime("%H:%M")
    body = {"message": "Pills", "frequency": "daily", "time": over, "time_zone": "UTC", "count": 5}

    assert len(days(cast, body)) == 5


MANY = [str(datetime(2031, 1, 1, tzinfo=UTC).date() + timedelta(days=n)) for n in range(10_000)]
RULES_REFUSED = [
    *["", " ", "FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=5", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=7"],
    *["FREQ=DAILY;COUNT=1000000000", "FREQ=DAILY;INTERVAL=1000000000", "x" * 501],
    *["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"],
    *["FREQ=YEARLY;INTERVAL=10;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;COUNT=1000"],
    *["FREQ=DAILY;UNTIL=20200101", "FREQ=YEARLY;BYEASTER=0", "FREQ=DAILY;COUNT=2;UNTIL=20310101"],
]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        *[(RRULE | {"rrule": said}, "/rrule") for said in RULES_REFUSED],
        (RRULE, "/rrule"),
        (RRULE | {"rrule": "FREQ=DAILY\0"}, "/rrule"),
        (RRULE | {"rrule": 5}, "/rrule"),
        (MONTHLY | {"month_day": 0}, "/month_day"),
        (MONTHLY | {"month_day": 32}, "/month_day"),
        (MONTHLY | {"month_day": -2}, "/month_day"),
        (MONTHLY | {"nth": {"n": 0, "weekday": 1}}, "/nth/n"),
        (MONTHLY | {"nth": {"n": 6, "weekday": 1}}, "/nth/n"),
        (MONTHLY | {"nth": {"n": 1}}, "/nth/weekday"),
        (MONTHLY | {"nth": {"n": 1, "weekday": 1}, "month_day": 3}, "/nth"),
        (MONTHLY | {"time": None}, "/time"),
        (INTERVAL, "/every_minutes"),
        (INTERVAL | {"every_minutes": 0.4}, "/every_minutes"),
        (INTERVAL | {"every_minutes": 0}, "/every_minutes"),
        (INTERVAL | {"every_minutes": 525_601}, "/every_minutes"),
        (INTERVAL | {"every_minutes": "5"}, "/every_minutes"),
        (DAILY | {"count": 0}, "/count"),
        (DAILY | {"count": 10**9}, "/count"),
        (YEARLY | {"count": 1000}, "/count"),
        (DAILY | {"count": 2, "until": "2031-02-01"}, "/count"),
        (DAILY | {"count": 2, "starts_on": "2020-01-01"}, "/count"),
        (DAILY | {"until": "2030-12-31"}, "/until"),
        (DAILY | {"until": "2031-02-31"}, "/until"),
        (DAILY | {"skip": MANY}, "/skip"),
        (DAILY | {"skip": ["2031-02-31"]}, "/skip/0"),
        (DAILY | {"until": "2031-01-02", "skip": ["2031-01-01", "2031-01-02"]}, "/until"),
    ],
)
def test_the_api_refuses_what_cannot_be(cast: Cast, body: dict[str, Any], pointer: str) -> None:
    for path in ("reminders/preview/", "reminders/"):
        response = api(cast.carol).post(path, body)

        assert response.status_code == 400, response.content
        assert pointer in [error["pointer"] for error in response.json()["errors"]]
    with guild_scope(cast.home.pk, cast.carol):
        assert not Reminder.objects.exists()


def test_several_weekdays_do_not_go_with_the_nth(cast: Cast) -> None:
    row = api(cast.carol).post("reminders/", MONTHLY | {"nth": {"n": 1, "weekday": 1}}).json()

    response = api(cast.carol).patch(f"reminders/{row['id']}/", {"weekdays": [1, 2]})

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/weekdays"


def test_a_choice_for_another_frequency_is_left_alone(cast: Cast) -> None:
    said = FORM | {"frequency": "weekly", "weekdays": "5", "month_on": "2:1"}

    browser(cast.carol).post(f"{URL}add/", said | {"recipients": str(cast.carol.pk)})

    with guild_scope(cast.home.pk, cast.carol):
        [reminder] = Reminder.objects.all()
        assert (reminder.weekdays, reminder.nth) == ([5], None)


FORM = {"message": "Rent", "on": "2031-01-01", "time": "07:30", "time_zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"frequency": "monthly", "month_on": "15"}, "then every month on day 15"),
        ({"frequency": "monthly", "month_on": "-1"}, "every month on the last day"),
        ({"frequency": "monthly", "month_on": "2:2"}, "every 2nd Tuesday of the month"),
        ({"frequency": "monthly", "month_on": "-1:5"}, "every last Friday of the month"),
        ({"frequency": "yearly"}, "every year on January 1"),
        ({"frequency": "interval", "every_minutes": "90"}, "every 90 minutes"),
        ({"frequency": "rrule", "rrule": "freq=daily;interval=3"}, "FREQ=DAILY;INTERVAL=3"),
        ({"frequency": "daily", "count": "5"}, "every day, 5 times"),
        ({"frequency": "daily", "until": "2031-02-01"}, "every day, until"),
        ({"frequency": "daily", "skip": "2031-01-02, 2031-01-05"}, "every day"),
    ],
)
def test_the_page_makes_it_and_says_it_in_words(
    cast: Cast, said: dict[str, str], words: str
) -> None:
    client = browser(cast.carol)

    response = client.post(f"{URL}add/", FORM | said | {"recipients": str(cast.carol.pk)})

    assert response.status_code == 302, response.context["form"].errors
    pane = client.get(response["Location"], headers={"HX-Request": "true"}).content.decode()
    assert words in pane
    # The form shows what is stored: saved as it is, nothing changes.
    form = client.get(f"{response['Location']}edit/").context["form"]
    kept = {name: form[name].value() for name in form.fields}
    for name, value in said.items():
        assert str(kept[name]).lower().replace(".0", "") == value.replace(",", "").lower()
    again = {name: value for name, value in kept.items() if value not in (None, False)}
    client.post(f"{response['Location']}edit/", again)
    with guild_scope(cast.home.pk, cast.carol):
        [reminder] = Reminder.objects.all()
        assert Change.objects.filter(entity_id=reminder.pk).count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"frequency": "monthly"}, "month_on"),
        ({"frequency": "monthly", "month_on": "0"}, "month_on"),
        ({"frequency": "monthly", "month_on": "6:1"}, "month_on"),
        ({"frequency": "yearly", "on": ""}, "on"),
        ({"frequency": "interval"}, "every_minutes"),
        ({"frequency": "interval", "every_minutes": "0.4"}, "every_minutes"),
        ({"frequency": "interval", "every_minutes": "NaN"}, "every_minutes"),
        *[({"frequency": "rrule", "rrule": said}, "rrule") for said in RULES_REFUSED],
        ({"frequency": "daily", "count": "1000000000"}, "count"),
        ({"frequency": "daily", "count": "2", "until": "2031-02-01"}, "count"),
        ({"frequency": "daily", "until": "2030-01-01"}, "until"),
        ({"frequency": "daily", "skip": " ".join(MANY)}, "skip"),
        ({"frequency": "daily", "skip": "tomorrow"}, "skip"),
    ],
)
def test_the_form_says_beside_the_field_what_is_wrong(
    cast: Cast, said: dict[str, str], field: str
) -> None:
    response = browser(cast.carol).post(
        f"{URL}add/", FORM | {"recipients": str(cast.carol.pk)} | said
    )

    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_an_edit_of_the_days_left_out_can_be_taken_back(cast: Cast) -> None:
    client = api(cast.carol)
    row = client.post("reminders/", DAILY | {"skip": ["2031-01-02"]}).json()
    client.patch(f"reminders/{row['id']}/", {"skip": [], "count": 4})
    [change] = client.get(f"changes/?entity={row['id']}").json()["results"][:1]

    answer = client.post(f"changes/{change['id']}/revert/", {})

    assert answer.status_code == 200, answer.json()
    now = client.get(f"reminders/{row['id']}/").json()
    assert (now["skip"], now["count"]) == (["2031-01-02"], None)


def test_german_words(cast: Cast) -> None:
    bodies: list[tuple[dict[str, Any], str]] = [
        ({"frequency": "monthly", "month_day": -1}, "jeden Monat am letzten Tag"),
        ({"frequency": "monthly", "nth": 2, "weekdays": [2]}, "jeden 2. Dienstag im Monat"),
        ({"frequency": "interval", "every_minutes": 120}, "alle 2 Stunden"),
        ({"frequency": "yearly", "starts_on": datetime(2031, 5, 3, tzinfo=UTC).date()}, "3. Mai"),
    ]
    for said, words in bodies:
        reminder = make_reminder(
            cast.carol, time=datetime(2031, 1, 1, 9, tzinfo=UTC).time(), **said
        )
        with translation.override("de"):
            assert words in repeat_words(reminder)


def test_the_engine_sends_what_comes_by_the_month_and_plans_the_next(committed_cast: Cast) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    reminder = make_reminder(
        committed_cast.carol,
        frequency="monthly",
        month_day=soon.day,
        time=soon.time().replace(microsecond=0),
        time_zone="UTC",
    )

    deliver(seconds=90)

    inbox = [one for one in deliveries(reminder) if one["channel"] == "inbox"]
    assert [one["status"] for one in inbox] == ["sent"]
    assert inbox[0]["slot"] == f"{soon:%Y-%m-%dT%H:%M:%S} UTC"
    with guild_scope(committed_cast.home.pk, committed_cast.carol):
        reminder.refresh_from_db()
    assert reminder.next_due_at
    assert 27 < (reminder.next_due_at - soon).days < 32


def test_an_interval_ends_with_its_last_time(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, frequency="interval", every_minutes=0.5, count=2)

    deliver(seconds=32)
    deliver(seconds=62)

    inbox = [one for one in deliveries(reminder) if one["channel"] == "inbox"]
    assert [one["status"] for one in inbox] == ["sent", "sent"]
    assert all(one["slot"].endswith("Z") for one in inbox)
    with guild_scope(committed_cast.home.pk, committed_cast.carol):
        reminder.refresh_from_db()
        assert reminder.is_over


def test_a_year_of_missed_half_minutes_is_one_line(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, frequency="interval", every_minutes=0.5)
    begun = timezone.now()

    deliver(days=365)

    assert timezone.now() - begun < timedelta(seconds=20)
    inbox = [one for one in deliveries(reminder) if one["channel"] == "inbox"]
    assert len(inbox) <= 13
    count = int(inbox[0]["reason"].split(":")[1])
    assert 1_051_000 < count < 1_051_210
