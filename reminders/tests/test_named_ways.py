"""A reminder's own ways out: hers who owns them, and the household's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.guild.ids import uuid7
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from reminders.models import Destination
from reminders.testing import deliver
from reminders.tests.rounds import add_way, away, inbox_of, refused, remind, rows
from reminders.tests.smtp import Postbox, postbox


@pytest.fixture
def box(settings: Settings) -> Iterator[Postbox]:
    with postbox() as box:
        settings.MAILERS = box.mailers()
        yield box


def words_of(letter: Any) -> str:
    return str(letter.get_body(("plain",)).get_content())


def sent_to(box: Postbox) -> list[str]:
    return sorted(str(one["To"]) for one in box.letters)


def test_who_owns_a_named_way_is_told_by_it_alone(committed_cast: Cast, box: Postbox) -> None:
    cast = committed_cast
    work = add_way(cast.carol, "Work", by_default=False)
    people = [str(cast.carol.pk), str(cast.alice.pk)]
    row = remind(cast.carol, recipients=people, destinations=[work])
    assert row["destinations"] == [work]

    deliver(seconds=5)

    assert sent_to(box) == ["alice@example.org", "work@example.org"]
    assert inbox_of(cast.carol) == ["Feed the cat"]


def test_a_way_that_is_not_usual_waits_to_be_named(committed_cast: Cast, box: Postbox) -> None:
    carol = committed_cast.carol
    add_way(carol, "Work", by_default=False)
    add_way(carol, "Phone")
    remind(carol)

    deliver(seconds=5)

    assert sent_to(box) == ["carol@example.org", "phone@example.org"]


def test_the_household_gets_one_message_that_says_for_whom(
    committed_cast: Cast, box: Postbox
) -> None:
    cast = committed_cast
    family = add_way(None, "Family", guild=cast.home.pk)
    away(cast.bob)
    people = [str(one.pk) for one in (cast.alice, cast.bob, cast.carol)]
    row = remind(cast.carol, recipients=people, destinations=[family])

    deliver(seconds=5)
    deliver(seconds=9)

    [letter] = [one for one in box.letters if one["To"] == "family@example.org"]
    assert letter["Subject"] == "Feed the cat"
    assert "For Alice and Carol" in words_of(letter)
    assert [one for one in rows(row["id"], "channel", "status") if one[0] == "household"] == [
        ("household", "email", "sent")
    ]
    # Those who live here get theirs all the same.
    assert sent_to(box) == ["alice@example.org", "carol@example.org", "family@example.org"]


def test_the_households_message_is_withdrawn_and_planned_anew_with_its_reminder(
    committed_cast: Cast, box: Postbox
) -> None:
    cast = committed_cast
    family = add_way(None, "Family", guild=cast.home.pk)
    at = (timezone.now() + timedelta(seconds=20)).isoformat()
    row = remind(cast.carol, frequency="once", at=at, destinations=[family])
    deliver()

    people = [str(cast.alice.pk)]
    assert api(cast.carol).patch(f"reminders/{row['id']}/", {"recipients": people}).status_code
    deliver(seconds=30)

    [letter] = [one for one in box.letters if one["To"] == "family@example.org"]
    assert "For Alice" in words_of(letter)


def test_with_no_way_left_the_inbox_remains_and_the_row_says_why(
    committed_cast: Cast, box: Postbox
) -> None:
    carol = committed_cast.carol
    work, old = add_way(carol, "Work"), add_way(carol, "Old")
    row = remind(carol, destinations=[work, old])
    with guild_scope(carol.guild_id, carol):
        Destination.objects.filter(pk=work).update(switched_off_at=timezone.now())
        Destination.objects.filter(pk=old).update(deleted_at=timezone.now())

    deliver(seconds=5)

    assert sent_to(box) == []
    assert rows(row["id"], "channel", "status", "reason") == [
        ("Carol", "inbox", "sent", ""),
        ("Carol", "email", "skipped", "switched_off"),
        ("Carol", "email", "skipped", "switched_off"),
    ]
    assert inbox_of(carol) == ["Feed the cat"]


def test_only_ones_own_and_the_households_can_be_named(cast: Cast) -> None:
    carol = cast.carol
    others, strangers = add_way(cast.alice, "Alices"), add_way(cast.charlie, "Charlies")
    off = add_way(carol, "Off", switched_off_at=timezone.now())
    gone = add_way(carol, "Gone", deleted_at=timezone.now())
    family = add_way(None, "Family", guild=cast.home.pk)

    for way in (others, strangers, gone, str(uuid7())):
        assert refused(carol, destinations=[way]) == [("/destinations", "unknown")]
    assert refused(carol, destinations=[off]) == [("/destinations", "switched_off")]
    assert refused(carol, destinations=[family], visibility="private") == [
        ("/destinations", "private")
    ]
    assert refused(carol, destinations="all") == [("/destinations", "not_a_list")]


def test_what_others_named_stays_and_can_be_taken_out(cast: Cast) -> None:
    mine, theirs = add_way(cast.alice, "Mine"), add_way(cast.carol, "Theirs")
    row = remind(cast.carol, destinations=[theirs], recipients="everyone")
    path = f"reminders/{row['id']}/"

    both = api(cast.alice).patch(path, {"destinations": [theirs, mine]})
    assert sorted(both.json()["destinations"]) == sorted([theirs, mine])
    one = api(cast.alice).patch(path, {"destinations": [mine]})
    assert one.json()["destinations"] == [mine]
    assert api(cast.alice).patch(path, {"destinations": [theirs]}).status_code == 400
    [kept] = api(cast.alice).get(f"reminders/?destination={mine}").json()["results"]
    assert kept["id"] == row["id"]


def test_history_keeps_the_ways_and_brings_them_back(cast: Cast) -> None:
    carol = cast.carol
    work = add_way(carol, "Work")
    row = remind(carol, destinations=[work])
    client = api(carol)
    client.patch(f"reminders/{row['id']}/", {"destinations": []})
    with guild_scope(carol.guild_id, carol):
        change = Change.objects.filter(entity_id=row["id"]).latest("created_at")
    assert (change.before, change.after) == ({"destinations": [work]}, {"destinations": []})

    assert client.post(f"changes/{change.pk}/revert/").status_code == 200
    assert client.get(f"reminders/{row['id']}/").json()["destinations"] == [work]


def test_the_form_names_ones_own_and_keeps_what_others_named(cast: Cast) -> None:
    mine, theirs = add_way(cast.alice, "Mine"), add_way(cast.carol, "Theirs")
    row = remind(cast.carol, destinations=[theirs], recipients="everyone")
    page = browser(cast.alice)
    path = f"/g/home/reminders/{row['id']}/"
    shown = page.get(f"{path}edit/")
    assert "Mine" in shown.content.decode()
    assert "Theirs" not in shown.content.decode()

    said: dict[str, Any] = {"message": "Feed the cat", "frequency": "daily"}
    said |= {"time": "07:30", "everyone": "on"}
    said |= {"version": shown.context["version"], "destinations": [mine]}
    response = page.post(f"{path}edit/", said)
    assert response.status_code == 302, response.context["form"].errors

    found = api(cast.alice).get(f"reminders/{row['id']}/").json()["destinations"]
    assert sorted(found) == sorted([mine, theirs])
    assert "Mine" in page.get(path).content.decode()
