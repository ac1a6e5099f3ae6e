"""Browsers that take push messages, over the API, by themselves, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from config.tests.loopback import Loopback
from reminders.models import Delivery
from reminders.testing import deliver, make_reminder
from reminders.tests.devices import (
    ADD,
    WAYS,
    devices_of,
    let_in,
)
from reminders.tests.pushing import Browser


def test_over_the_api_it_is_added_named_removed_and_brought_back(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    client = api(committed_cast.bob)
    assert client.get("devices/key/").json() == {"public_key": ours.VAPID_PUBLIC_KEY}

    made = client.post("devices/", phone.subscription | {"name": "Kitchen"})
    row = made.json()
    again = client.post("devices/", phone.subscription | {"name": "Kitchen"}).json()

    assert (made.status_code, row["name"], row["hint"]) == (201, "Kitchen", "127.0.0.1")
    assert row["id"] == again["id"]
    assert not {"endpoint", "keys"} & set(row)
    path = f"devices/{row['id']}/"
    assert client.patch(path, {"name": "Hall"}).json()["name"] == "Hall"
    assert client.patch(path, {"endpoint": "https://push.example/1"}).status_code == 400
    assert client.patch(path, {"keys": phone.keys}).status_code == 400
    fresh = Browser(phone.site)
    assert client.put(path, fresh.subscription | {"name": "Hall"}).status_code == 200
    [stored] = devices_of(committed_cast.bob)
    assert json.loads(stored.secret)["keys"] == fresh.keys
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.post(f"{path}restore/").json()["name"] == "Hall"
    assert [one["id"] for one in client.get("devices/").json()["results"]] == [row["id"]]


def test_others_do_not_see_it(committed_cast: Cast, site: Loopback, phone: Browser) -> None:
    row = api(committed_cast.bob).post("devices/", phone.subscription).json()

    for other in (committed_cast.carol, committed_cast.alice):
        assert api(other).get("devices/").json()["results"] == []
        assert api(other).delete(f"devices/{row['id']}/").status_code == 404
        assert api(other).post(f"devices/{row['id']}/restore/").status_code == 404


NONSENSE = [
    {},
    {"endpoint": "https://push.example/1"},
    {"endpoint": "push.example", "keys": {"p256dh": "A", "auth": "B"}},
    {"endpoint": "file:///etc/passwd", "keys": {"p256dh": "A", "auth": "B"}},
    {"endpoint": "https://push.example/1", "keys": {"p256dh": "AAAA", "auth": "AAAA"}},
    {"endpoint": "https://push.example/1", "keys": []},
    {"endpoint": 7, "keys": {"p256dh": 1, "auth": 2}},
]


@pytest.mark.parametrize("said", NONSENSE)
def test_what_no_browser_hands_out_is_refused(cast: Cast, said: dict[str, Any]) -> None:
    page = browser(cast.bob).post(ADD, {"subscription": json.dumps(said)})

    assert page.status_code == 400
    assert api(cast.bob).post("devices/", said).status_code == 400
    assert devices_of(cast.bob) == []


@pytest.mark.parametrize("text", ["", "[]", "null", "nonsense", "7", "[" * 9999])
def test_what_is_no_object_is_refused(cast: Cast, text: str) -> None:
    assert browser(cast.bob).post(ADD, {"subscription": text}).status_code == 400


def test_an_endpoint_inside_is_refused(
    committed_cast: Cast, site: Loopback, phone: Browser, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = []

    answer = api(committed_cast.bob).post("devices/", phone.subscription)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "private"


def test_a_browser_tells_its_new_address_by_itself(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob, moved = committed_cast.bob, Browser(phone.site, "/push/moved")
    let_in(browser(bob), phone)
    said = {"old": phone.endpoint, "subscription": moved.subscription}

    stranger = Client(enforce_csrf_checks=True)
    first = stranger.post("/push/renew/", said, content_type="application/json")
    again = stranger.post("/push/renew/", said, content_type="application/json")

    assert (first.status_code, again.status_code) == (204, 404)
    make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)
    assert [asked.path for asked in site.asked] == ["/push/moved"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"old": 7, "subscription": 8}', "nonsense"])
def test_a_renewal_that_is_none_is_refused(committed_cast: Cast, body: str) -> None:
    answer = Client().post("/push/renew/", body, content_type="application/json")

    assert answer.status_code == 400


def test_one_address_renews_only_so_often(cast: Cast, settings: Settings) -> None:
    settings.RATE_LIMITS = True
    client = Client()
    codes = [
        client.post("/push/renew/", "{}", content_type="application/json").status_code
        for _ in range(22)
    ]
    # Ten a minute; a new one may begin among them.
    assert 2 <= codes.count(429) <= 12
    assert set(codes) == {400, 429}


def test_the_service_worker_comes_from_the_root(db: None) -> None:
    answer = Client().get("/sw.js")

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "notificationclick" in answer.text


def test_the_app_has_a_card_with_icons_that_are_there(db: None) -> None:
    card = Client().get("/manifest.webmanifest")

    assert card.headers["Content-Type"] == "application/manifest+json"
    assert card.json()["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in card.json()["icons"]}
    assert 'rel="manifest"' in Client().get("/").text


def test_switching_off_by_a_message_is_in_her_history(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    from reminders import acts

    bob = committed_cast.bob
    let_in(browser(bob), phone)
    [row] = devices_of(bob)
    off = acts.off_link(acts.OffTicket(bob.guild_id, bob.pk, row.pk)).removeprefix(ours.BASE_URL)

    assert "You switched it off" not in browser(bob).get(WAYS).text
    Client().post(off)

    assert "You switched it off from one of its messages." in browser(bob).get(WAYS).text
    with guild_scope(bob.guild_id, bob):
        assert Change.objects.filter(verb="switched off", entity_id=row.pk).count() == 1
        assert not Delivery.objects.filter(channel="push").exists()
