"""Reminders on their way to webhooks and to what Apprise reaches, through the engine."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast, api, browser, submit
from config.tests.loopback import Loopback, loopback, says, slow
from config.web.valkey import valkey
from reminders.engine.database import forget, run
from reminders.testing import deliver, deliveries, make_reminder, soon

# Late in the evening some minutes later is tomorrow.
LAST_SENT = re.compile("Last sent: (today|tomorrow)")


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback() as site:
        yield site


def add(cast: Cast, site: Loopback, channel: str = "webhook", **said: Any) -> str:
    address = f"{site.url}/in" if channel == "webhook" else f"ntfy://{site.place}/cats"
    body = {"channel": channel, "address": address, "name": "Mine"} | said
    return str(api(cast.carol).post("destinations/", body).json()["id"])


def way(reminder: Any, channel: str = "webhook") -> dict[str, Any]:
    [one] = [one for one in deliveries(reminder) if one["channel"] == channel]
    return one


@pytest.mark.parametrize("channel", ["webhook", "apprise"])
def test_it_arrives_once_with_its_key(committed_cast: Cast, site: Loopback, channel: str) -> None:
    add(committed_cast, site, channel)
    reminder = make_reminder(committed_cast.carol, message="Feed the cat")
    deliver(minutes=2)
    deliver(minutes=3)
    [asked] = site.asked
    assert len(asked.headers["idempotency-key"]) == 40
    assert b"Feed the cat" in asked.body
    assert (way(reminder, channel)["status"], way(reminder, channel)["attempts"]) == (
        "sent",
        ["sent"],
    )
    page = browser(committed_cast.carol).get("/g/home/destinations/").text
    assert LAST_SENT.search(page)


def test_its_pause_is_honoured_and_the_key_stays(committed_cast: Cast, site: Loopback) -> None:
    add(committed_cast, site)
    reminder = make_reminder(committed_cast.carol)
    site.answers = [says(429, retry_after="300")]
    deliver(minutes=2)
    assert (way(reminder)["status"], way(reminder)["reason"]) == ("planned", "http:429")
    deliver(minutes=6)
    assert len(site.asked) == 1
    # That it is left alone is kept there too, by the clock on the wall, which no test shifts.
    valkey().flushdb()
    deliver(minutes=8)
    assert way(reminder)["attempts"] == ["passing", "sent"]
    first, second = (asked.headers["webhook-id"] for asked in site.asked)
    assert first == second


@pytest.fixture
def asked_meanwhile(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is asked of the database while a name server takes its time over hook.example, and the
    answers.
    """
    look_up = socket.getaddrinfo
    asked: dict[str, Any] = {"sql": "", "of": [], "answers": []}

    def slow_name(host: Any, *more: Any, **said: Any) -> Any:
        if host == "hook.example":
            asked["answers"] += run(asked["sql"], asked["of"])
            # It runs in a thread of its own.
            forget()
            host = "127.0.0.1"
        return look_up(host, *more, **said)

    monkeypatch.setattr(socket, "getaddrinfo", slow_name)
    return asked


def test_a_name_is_looked_up_before_anything_is_locked(
    committed_cast: Cast, site: Loopback, asked_meanwhile: dict[str, Any]
) -> None:
    """What waits for her row meanwhile is everybody's engine."""
    asked_meanwhile["sql"] = "SELECT id FROM accounts_member WHERE id = %s FOR UPDATE SKIP LOCKED"
    asked_meanwhile["of"] = [committed_cast.carol.pk]
    add(committed_cast, site, address="http://hook.example/in")
    assert asked_meanwhile["answers"]


@pytest.mark.parametrize("door", ["page", "api"])
def test_nor_is_a_way_whose_address_is_replaced(
    committed_cast: Cast, site: Loopback, asked_meanwhile: dict[str, Any], door: str
) -> None:
    pk = add(committed_cast, site)
    sql = "SELECT id FROM reminders_destination WHERE id = %s FOR UPDATE SKIP LOCKED"
    asked_meanwhile.update(sql=sql, of=[pk])
    assert readdress(committed_cast, pk, door) in (200, 302)
    assert asked_meanwhile["answers"]
    [[hint]] = run("SELECT hint FROM reminders_destination WHERE id = %s", [pk])
    assert hint.startswith("http://hook.example")


@pytest.mark.parametrize("door", ["page", "api"])
def test_who_replaces_an_address_at_the_same_moment_is_told(
    committed_cast: Cast, site: Loopback, asked_meanwhile: dict[str, Any], door: str
) -> None:
    pk = add(committed_cast, site)
    sql = "UPDATE reminders_destination SET address_hash = 'other' WHERE id = %s RETURNING id"
    asked_meanwhile.update(sql=sql, of=[pk])
    assert readdress(committed_cast, pk, door) in (409, 422)
    [[hint]] = run("SELECT hint FROM reminders_destination WHERE id = %s", [pk])
    assert not hint.startswith("http://hook.example")


def readdress(cast: Cast, pk: str, door: str) -> int:
    said = {"address": "http://hook.example/in"}
    status: int
    if door == "api":
        status = api(cast.carol).patch(f"destinations/{pk}/", said).status_code
    else:
        fields = {"name": "Mine", "by_default": "1"} | said
        status = submit(browser(cast.carol), f"/g/home/destinations/{pk}/", fields).status_code
    return status


def test_no_provider_silences_a_way_for_long(committed_cast: Cast, site: Loopback) -> None:
    add(committed_cast, site)
    make_reminder(committed_cast.carol)
    site.answers = [says(429, retry_after="604800")]
    deliver(minutes=2)
    other = make_reminder(committed_cast.carol, in_seconds=180)
    deliver(minutes=4)
    assert way(other)["status"] == "planned"
    assert len(site.asked) == 1
    deliver(minutes=65)
    assert way(other)["status"] == "sent"


@pytest.mark.parametrize("act", ["another address", "a test"])
def test_what_is_put_right_is_used_at_once(committed_cast: Cast, site: Loopback, act: str) -> None:
    pk, client = add(committed_cast, site), api(committed_cast.carol)
    make_reminder(committed_cast.carol)
    site.answers = [says(429, retry_after="604800")]
    deliver(minutes=2)

    if act == "a test":
        assert client.post(f"destinations/{pk}/test/").json()["tested_reason"] == ""
    else:
        said = {"address": f"{site.url}/another"}
        assert client.patch(f"destinations/{pk}/", said).status_code == 200

    other = make_reminder(committed_cast.carol, in_seconds=180)
    deliver(minutes=4)
    assert way(other)["status"] == "sent"


def test_a_test_that_is_refused_lifts_no_pause(committed_cast: Cast, site: Loopback) -> None:
    pk = add(committed_cast, site)
    make_reminder(committed_cast.carol)
    site.answers = [says(429, retry_after="604800"), says(503)]
    deliver(minutes=2)
    api(committed_cast.carol).post(f"destinations/{pk}/test/")
    other = make_reminder(committed_cast.carol, in_seconds=180)
    deliver(minutes=4)
    assert way(other)["status"] == "planned"


def test_a_no_for_good_is_told_in_words(committed_cast: Cast, site: Loopback) -> None:
    pk = add(committed_cast, site)
    reminder = make_reminder(committed_cast.carol)
    site.answers = [says(401)]
    deliver(minutes=2)
    assert (way(reminder)["status"], way(reminder)["attempts"]) == ("failed", ["permanent"])
    client = browser(committed_cast.carol)
    words = "The other side does not accept the key or password (401)."
    assert words in client.get("/g/home/destinations/").text
    assert words in client.get(f"/g/home/reminders/{reminder.pk}/").text
    last = api(committed_cast.carol).get(f"destinations/{pk}/").json()["last"]
    assert (last["status"], last["reason"]) == ("failed", "http:401")


def test_what_went_well_before_a_failure_is_told_too(committed_cast: Cast, site: Loopback) -> None:
    pk = add(committed_cast, site)
    site.answers = [says(200), says(401)]
    for later in (2, 4):
        make_reminder(committed_cast.carol, in_seconds=later * 60 - 60)
        deliver(minutes=later)
    page = browser(committed_cast.carol).get("/g/home/destinations/").text
    page = page.partition(f'id="way-{pk}"')[2].partition("</li>")[0]
    assert len(LAST_SENT.findall(page)) == 1
    assert page.count("Failed: today") == 1


def test_an_address_that_is_gone_is_switched_off(committed_cast: Cast, site: Loopback) -> None:
    pk = add(committed_cast, site)
    site.answers = [says(410)]
    reminder = make_reminder(committed_cast.carol)
    deliver(minutes=2)
    assert way(reminder)["status"] == "failed"
    row = api(committed_cast.carol).get(f"destinations/{pk}/").json()
    assert (row["switched_off_at"] is not None, row["switched_off_reason"]) == (True, "http:410")
    page = browser(committed_cast.carol).get("/g/home/destinations/").text
    assert "says that this address is gone for good (410)" in page
    again = make_reminder(committed_cast.carol)
    deliver(minutes=4)
    assert [one["channel"] for one in deliveries(again)] == ["inbox", "email"]


@pytest.mark.parametrize("anew", [False, True])
def test_what_is_deleted_on_the_way_stays_deleted_when_it_is_gone(
    committed_cast: Cast, site: Loopback, *, anew: bool
) -> None:
    pk, client = add(committed_cast, site), api(committed_cast.carol)
    reminder = make_reminder(committed_cast.carol)

    def delete(line: Any) -> None:
        assert client.delete(f"destinations/{pk}/").status_code == 204
        if anew:
            add(committed_cast, site, name="Anew")
        connections.close_all()
        says(410)(line)

    site.answers = [slow(0, delete)]
    deliver(minutes=2)
    assert (way(reminder)["status"], way(reminder)["reason"]) == ("failed", "http:410")
    rows = client.get("destinations/").json()["results"]
    left = [row["name"] for row in rows if row["channel"] == "webhook"]
    assert left == (["Anew"] if anew else [])


@pytest.mark.parametrize("act", ["switch", "delete"])
def test_what_is_planned_for_a_way_that_ended_is_not_sent(
    committed_cast: Cast, site: Loopback, act: str
) -> None:
    pk = add(committed_cast, site)
    client = api(committed_cast.carol)
    site.answers = [says(503)]
    reminder = make_reminder(committed_cast.carol)
    deliver(minutes=2)
    assert way(reminder)["status"] == "planned"
    if act == "switch":
        client.post(f"destinations/{pk}/switch/", {"on": False})
    else:
        client.delete(f"destinations/{pk}/")
    deliver(minutes=5)
    assert (way(reminder)["status"], way(reminder)["reason"]) == ("skipped", "switched_off")
    assert len(site.asked) == 1


def test_one_that_is_named_only_is_left_alone(committed_cast: Cast, site: Loopback) -> None:
    add(committed_cast, site, by_default=False)
    make_reminder(committed_cast.carol)
    deliver(minutes=2)
    assert site.asked == []


def test_a_viewers_own_way_is_used(committed_cast: Cast, site: Loopback) -> None:
    body = {"channel": "webhook", "address": f"{site.url}/bob"}
    api(committed_cast.bob).post("destinations/", body)
    make_reminder(committed_cast.carol, recipients=[committed_cast.bob])
    deliver(minutes=2)
    assert [asked.path for asked in site.asked] == ["/bob"]


def test_the_households_chat_gets_one_message_that_names_its_people(
    committed_cast: Cast, site: Loopback
) -> None:
    said = {"channel": "apprise", "address": f"ntfy://{site.place}/family", "shared": True}
    way = api(committed_cast.alice).post("destinations/", said).json()
    body = {
        "message": "Bins out",
        "frequency": "once",
        "at": soon(60).isoformat(),
        "destinations": [way["id"]],
        "recipients": [str(committed_cast.bob.pk), str(committed_cast.carol.pk)],
    }
    assert api(committed_cast.carol).post("reminders/", body).status_code == 201
    deliver(minutes=2)
    deliver(minutes=3)
    [asked] = site.asked
    assert asked.json["title"] == "Bins out"
    assert "For Bob and Carol" in asked.json["message"]
    assert LAST_SENT.search(browser(committed_cast.bob).get("/g/home/destinations/").text)
