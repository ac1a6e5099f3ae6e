"""Whom, by which ways, how often and whom then: typed on a phone, said in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from accounts.guild.testing import Cast, api, browser
from reminders.testing import deliver
from reminders.tests.rounds import add_way, refused, remind

ADD = "/g/home/reminders/add/"
DAILY = {"message": "Pills", "frequency": "daily", "time": "07:30"}


def typed(cast: Cast, **said: Any) -> Any:
    page = browser(cast.carol)
    return page.post(ADD, DAILY | {"recipients": str(cast.carol.pk)} | said)


def test_all_of_it_is_typed_and_said_in_words(cast: Cast) -> None:
    phone = add_way(cast.carol, "Phone")
    family = add_way(None, "Family", guild=cast.home.pk)
    stages = {"stage_0_after": "30", "stage_0_to": str(cast.alice.pk)}
    stages |= {"stage_1_after": "2", "stage_1_unit": "hours", "stage_1_way": family}
    response = typed(
        cast,
        destinations=[phone],
        urgent="on",
        also_away="on",
        nag_every="1",
        nag_unit="hours",
        nag_times="3",
        **stages,
    )
    assert response.status_code == 302, response.context["form"].errors

    shown = browser(cast.carol).get(response["Location"]).content.decode()
    for sentence in (
        "It is urgent and passes quiet hours.",
        "Also who is away that day is told.",
        "It goes out by Phone.",
        "Until it is done it comes again every hour, at most 3 times.",
        "If nobody has done it 30 minutes later, Alice is told.",
        "If nobody has done it 2 hours later, it goes out by Family (for all).",
    ):
        assert sentence in shown
    # Whoever cannot see the way sees the rest.
    other = browser(cast.alice).get(response["Location"]).content.decode()
    assert "Alice is told" in other
    assert "Phone" not in other


def test_the_form_of_one_that_is_there_shows_it_and_keeps_it(cast: Cast) -> None:
    phone = add_way(cast.carol, "Phone")
    row = remind(
        cast.carol,
        frequency="daily",
        time="07:30",
        nag={"every_minutes": 90, "times": 2},
        escalate=[
            {"after_minutes": 120, "to": str(cast.alice.pk)},
            {"after_minutes": 1440, "destination": phone},
        ],
        destinations=[phone],
    )
    page = browser(cast.carol)
    form = page.get(f"/g/home/reminders/{row['id']}/edit/").context["form"]
    shown = {name: form[name].value() for name in form.fields if form[name].value()}
    assert (shown["nag_every"], shown["nag_unit"], shown["nag_times"]) == (90, "minutes", 2)
    assert (shown["stage_0_after"], shown["stage_0_unit"]) == (2, "hours")
    assert (shown["stage_1_after"], shown["stage_1_unit"]) == (1, "days")

    version = page.get(f"/g/home/reminders/{row['id']}/edit/").context["version"]
    said = {name: value for name, value in shown.items() if value not in (None, False)}
    response = page.post(
        f"/g/home/reminders/{row['id']}/edit/", said | {"version": version, "time": "08:00"}
    )
    assert response.status_code == 302, response.context["form"].errors
    found = api(cast.carol).get(f"reminders/{row['id']}/").json()
    assert found["time"] == "08:00"
    for name in ("nag", "escalate", "destinations", "urgent"):
        assert found[name] == row[name]


def test_every_so_many_hours(cast: Cast) -> None:
    said = {"frequency": "interval", "every_minutes": "1.5", "every_unit": "hours", "time": ""}
    response = typed(cast, **said)
    assert response.status_code == 302, response.context["form"].errors

    shown = browser(cast.carol).get(response["Location"])
    assert "every 90 minutes" in shown.content.decode()
    form = browser(cast.carol).get(f"{response['Location']}edit/").context["form"]
    assert (form["every_minutes"].value(), form["every_unit"].value()) == (90, "minutes")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"nag_every": "0", "nag_times": "1"}, "nag_every"),
        ({"nag_every": "1000000000", "nag_times": "1"}, "nag_every"),
        ({"nag_every": "8", "nag_unit": "days", "nag_times": "1"}, "nag_every"),
        ({"nag_every": "10"}, "nag_times"),
        ({"nag_times": "3"}, "nag_every"),
        ({"nag_every": "10", "nag_times": "21"}, "nag_times"),
        ({"nag_every": "10", "nag_unit": "weeks", "nag_times": "1"}, "nag_unit"),
        ({"stage_0_after": "10"}, "stage_0_to"),
        ({"stage_0_after": "0", "stage_0_to": "ALICE"}, "stage_0_after"),
        ({"stage_1_to": "ALICE"}, "stage_1_after"),
        ({"stage_0_after": "9", "stage_0_to": "CHARLIE"}, "stage_0_to"),
        ({"stage_0_after": "9", "stage_0_to": "CAROL"}, "stage_0_to"),
        ({"stage_0_after": "9", "stage_0_way": "ALICES"}, "stage_0_way"),
        ({"stage_0_after": "9", "stage_0_to": "ALICE", "stage_1_after": "8",
          "stage_1_to": "ALICE"}, "stage_0_to"),
        ({"destinations": ["ALICES"]}, "destinations"),
        ({"frequency": "interval", "every_minutes": "400", "every_unit": "days"}, "every_minutes"),
        ({"recipients": ""}, "recipients"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(
    cast: Cast, said: dict[str, Any], field: str
) -> None:
    add_way(cast.carol, "Phone")
    ids = {name.upper(): str(getattr(cast, name).pk) for name in ("alice", "carol", "charlie")}
    ids["ALICES"] = add_way(cast.alice, "Alices")
    filled = {
        name: [ids.get(one, one) for one in value] if isinstance(value, list)
        else ids.get(value, value)
        for name, value in said.items()
    }  # fmt: skip
    response = typed(cast, **filled)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


def test_the_next_times_can_be_looked_at_before_it_is_made(cast: Cast) -> None:
    response = typed(cast, preview="1", nag_every="10", nag_times="3")
    assert len(response.context["five"]) == 5


def test_a_viewer_is_offered_herself_alone(cast: Cast) -> None:
    phone = add_way(cast.bob, "Phone")
    page = browser(cast.bob)
    shown = page.get(ADD).content.decode()
    assert "Alice" not in shown
    said = DAILY | {"recipients": str(cast.bob.pk), "visibility": "private"}
    said |= {"stage_0_after": "9", "stage_0_way": phone}
    response = page.post(ADD, said)
    assert response.status_code == 302, response.context["form"].errors


def test_urgent_mail_says_so(committed_cast: Cast) -> None:
    remind(committed_cast.carol, urgent=True)
    remind(committed_cast.carol, message="Later")
    deliver(seconds=5)

    headers = {one.subject: one.extra_headers for one in mail.outbox}
    assert headers["Feed the cat"]["Importance"] == "high"
    assert headers["Feed the cat"]["X-Priority"] == "1 (Highest)"
    assert "Importance" not in headers["Later"]


def test_what_is_no_yes_and_no_is_refused(cast: Cast) -> None:
    assert refused(cast.carol, urgent="yes") == [("/urgent", "invalid")]
    assert refused(cast.carol, also_away=1) == [("/also_away", "invalid")]


def test_the_list_is_narrowed_to_what_is_urgent_or_for_the_assigned(cast: Cast) -> None:
    urgent = remind(cast.carol, urgent=True)
    remind(cast.carol, recipients="everyone")
    client = api(cast.carol)

    def found(query: str) -> list[str]:
        return [row["id"] for row in client.get(f"reminders/?{query}").json()["results"]]

    assert found("urgent=true") == [urgent["id"]]
    assert urgent["id"] not in found("audience=everyone")
    assert found("audience=assigned") == []
