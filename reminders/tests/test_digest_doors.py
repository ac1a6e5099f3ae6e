"""The morning summary on its page and over the API."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, asked, browser
from accounts.models import Change
from reminders.engine.database import run
from reminders.models import Notification
from reminders.testing import deliver
from reminders.tests.summaries import at_noon, make_task, summaries, switch_on, until

PATH = "/g/home/inbox/digest/"


@pytest.fixture
def committed_cast(committed_cast: Cast) -> Cast:
    return at_noon(committed_cast)


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
