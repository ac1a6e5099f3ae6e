"""Browsers that take push messages: let in, told, taken over, gone."""

from __future__ import annotations

import json
import time

import pytest
from django.conf import settings as ours
from django.test import Client

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from config.tests import loopback
from config.tests.loopback import Loopback
from reminders.testing import deliver, deliveries, make_reminder
from reminders.tests.devices import (
    WAYS,
    devices_of,
    let_in,
    pushed,
)
from reminders.tests.pushing import Browser, signed_by


def test_a_browser_that_was_let_in_gets_what_comes(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob = committed_cast.bob
    client = browser(bob)

    assert let_in(client, phone)["Location"] == WAYS
    reminder = make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)

    assert pushed(reminder) == [("sent", "")]
    [asked] = site.asked
    said = phone.read(asked)
    assert said["title"] == "Feed the cat"
    assert signed_by(asked, ours.VAPID_PUBLIC_KEY, site.url)["sub"]
    page = client.get(WAYS).text
    assert "Chrome, Linux" in page
    assert f'data-key="{ours.VAPID_PUBLIC_KEY}"' in page
    assert phone.endpoint not in page
    path = said["acts"][0]["url"].removeprefix(ours.BASE_URL)
    answer = Client().post(path, headers={"accept": "application/json"})
    assert answer.json()["state"] == "acted"
    with guild_scope(bob.guild_id, bob):
        assert Change.objects.filter(verb="done").exists()
        assert Change.objects.get(kind="destination").verb == "added"
    with guild_scope(bob.guild_id, committed_cast.carol):
        assert not Change.objects.filter(kind="destination").exists()


def test_twice_is_the_same_one_with_the_newest_keys(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob, again = committed_cast.bob, Browser(phone.site)
    let_in(browser(bob), phone)
    let_in(browser(bob), again)

    [row] = devices_of(bob)
    assert json.loads(row.secret)["keys"] == again.keys


def test_a_shared_browser_is_of_whoever_let_it_in_last(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob, carol = committed_cast.bob, committed_cast.carol
    let_in(browser(bob), phone)
    let_in(browser(carol), phone)

    reminder = make_reminder(carol, in_seconds=0.2, recipients=[bob, carol])
    deliver(seconds=2)

    assert len(site.asked) == 1
    assert [one["recipient"] for one in deliveries(reminder) if one["channel"] == "push"] == [
        carol.pk
    ]
    [gone] = devices_of(bob)
    assert gone.deleted_at
    assert "Somebody else lets this browser take messages now." in browser(bob).get(WAYS).text
    answer = api(bob).post(f"devices/{gone.pk}/restore/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "gone")


def test_of_one_person_it_serves_all_her_households(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    carol = committed_cast.carol
    here = api(carol)
    assert carol.user is not None
    other = here.post("/api/v1/guilds/", {"name": "Second", "time_zone": "UTC"}).json()
    here.post("devices/", phone.subscription)
    here.post(f"/api/v1/guilds/{other['id']}/devices/", phone.subscription)

    assert len(here.get("devices/").json()["results"]) == 1
    assert len(here.get(f"/api/v1/guilds/{other['id']}/devices/").json()["results"]) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_leaves_and_the_page_says_so(
    committed_cast: Cast, site: Loopback, phone: Browser, status: int
) -> None:
    bob = committed_cast.bob
    let_in(browser(bob), phone)
    site.answers = [loopback.says(status)]
    first = make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)
    second = make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=4)

    assert pushed(first) == [("failed", f"http:{status}")]
    assert pushed(second) == []
    [row] = devices_of(bob)
    assert (row.deleted_at is not None, row.switched_off_reason) == (True, f"http:{status}")
    assert "“Chrome, Linux” is gone since" in browser(bob).get(WAYS).text
    assert api(bob).get("devices/").json()["results"] == []

    let_in(browser(bob), phone)
    third = make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=6)
    assert pushed(third) == [("sent", "")]


def test_a_push_service_in_trouble_is_tried_again(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob = committed_cast.bob
    let_in(browser(bob), phone)
    site.answers = [loopback.says(503), loopback.says(429, retry_after="1")]
    reminder = make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])

    deliver(seconds=2)
    deliver(seconds=20)
    assert len(site.asked) == 2
    # For so long its push service is left alone, by the clock on the wall.
    time.sleep(1.1)
    deliver(seconds=100)

    assert pushed(reminder) == [("sent", "")]
    keys = {phone.read(asked)["key"] for asked in site.asked}
    assert (len(site.asked), len(keys)) == (3, 1)


def test_a_later_round_takes_the_place_of_the_one_before(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob = committed_cast.bob
    let_in(browser(bob), phone)
    make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)
    row = api(bob).get("inbox/").json()["results"][0]
    api(bob).post(f"inbox/{row['id']}/snooze/", {"minutes": 10})
    deliver(minutes=11)

    first, second = (phone.read(asked) for asked in site.asked)
    assert first["tag"] == second["tag"]
    assert first["key"] != second["key"]
