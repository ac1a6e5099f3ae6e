"""The way out by Web Push, to a push service on this machine, read with the browser's own keys."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as ours
from pytest_django.fixtures import Settings

from config.tests import loopback
from config.tests.loopback import Loopback
from reminders.acts import Links
from reminders.channels.base import Gone, PassingFailure, PermanentFailure, Sent
from reminders.channels.push import Push
from reminders.tests.pushing import Browser, signed_by
from reminders.tests.test_ways_contract import MESSAGE

LINKS = Links("https://home.example/act/1/", "https://home.example/act/2/", "")


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback.loopback() as site:
        site.answers = []
        yield site


@pytest.fixture
def browser(site: Loopback) -> Browser:
    return Browser(site)


def send(browser: Browser, **other: Any) -> Sent:
    way = Push()
    way.seconds = 1.0
    address = json.dumps(browser.subscription)
    said: dict[str, Any] = {"address": address, "links": LINKS}
    return way.send(replace(MESSAGE, **(said | other)))


def test_the_browser_alone_can_read_it(site: Loopback, browser: Browser) -> None:
    site.answers = [loopback.says(201, location=f"{site.url}/message/7")]

    sent = send(browser)

    assert sent.provider_id == f"{site.url}/message/7"
    [asked] = site.asked
    assert (asked.method, asked.path) == ("POST", browser.path)
    assert b"Feed" not in asked.body
    said = browser.read(asked)
    assert (said["title"], said["key"], said["lang"]) == ("Feed the cat", MESSAGE.key, "en")
    assert said["body"].startswith("And the fish, äöü 🐟\nIt comes 11 minutes late.")
    assert "Thursday 11 June 2026, 20:00" in said["body"]
    assert said["url"] == MESSAGE.url
    assert [(one["action"], one["title"], one["url"]) for one in said["acts"]] == [
        ("done", "Done", LINKS.done),
        ("later", "In 10 min", LINKS.later),
    ]


def test_the_push_service_knows_who_we_are(site: Loopback, browser: Browser) -> None:
    send(browser)

    claims = signed_by(site.asked[0], ours.VAPID_PUBLIC_KEY, site.url)

    assert claims["sub"] == ours.VAPID_SUBJECT
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600


def test_it_is_in_the_readers_words(site: Loopback, browser: Browser) -> None:
    send(browser, locale="de", time_zone="Asia/Kathmandu")

    said = browser.read(site.asked[0])

    assert "Sie kommt 11 Minuten zu spät." in said["body"]
    assert "Donnerstag, 11. Juni 2026, 23:45" in said["body"]
    assert [one["title"] for one in said["acts"]] == ["Erledigt", "In 10 Min."]


def test_it_is_kept_for_the_rest_of_the_day_and_a_repetition_replaces_it(
    site: Loopback, browser: Browser
) -> None:
    for key, late_by in (("a" * 40, timedelta(minutes=11)), ("b" * 40, timedelta(hours=30))):
        send(browser, key=key, thread="c" * 40, late_by=late_by)
    send(browser, key="d" * 40, thread="e" * 40, urgent=True)

    headers = [asked.headers for asked in site.asked]
    assert [one["ttl"] for one in headers[:2]] == [str(24 * 3600 - 11 * 60), "0"]
    assert [one["topic"] for one in headers] == ["c" * 32, "c" * 32, "e" * 32]
    assert [one["urgency"] for one in headers] == ["normal", "normal", "high"]
    said = [browser.read(asked) for asked in site.asked]
    assert [one["tag"] for one in said] == ["c" * 40, "c" * 40, "e" * 40]
    assert [one["key"][0] for one in said] == ["a", "b", "d"]


@pytest.mark.parametrize("body", ["x" * 9000, "🐟" * 4000, '"\\\n' * 3000])
def test_a_long_text_is_cut_so_that_it_fits(site: Loopback, browser: Browser, body: str) -> None:
    send(browser, body=body, title="ä" * 255)

    said = browser.read(site.asked[0])
    assert said["title"] == "ä" * 255
    assert body.startswith(said["body"].split("…")[0])
    assert len(said["body"]) > 500
    assert len(said["acts"]) == 2


def test_a_morning_summary_is_its_lines(site: Loopback, browser: Browser) -> None:
    body = "## Today\n- [Water the tomatoes](/g/home/tasks/1/) · Clara\n- Bins"

    send(browser, body=body, is_digest=True, late_by=timedelta())

    assert browser.read(site.asked[0])["body"] == "Today\n• Water the tomatoes\n• Bins"


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_said_to_be(
    site: Loopback, browser: Browser, status: int
) -> None:
    site.answers = [loopback.says(status)]

    with pytest.raises(Gone) as failure:
        send(browser)

    assert failure.value.reason == f"http:{status}"


def test_what_is_too_long_goes_once_more_in_short(site: Loopback, browser: Browser) -> None:
    site.answers = [loopback.says(413), loopback.says(201)]

    send(browser, title="x" * 200)

    first, second = (browser.read(asked) for asked in site.asked)
    assert (len(first["title"]), second["body"]) == (200, "")
    assert second["title"].endswith("…")
    assert len(second["acts"]) == 2


def test_what_is_too_long_even_so_is_given_up(site: Loopback, browser: Browser) -> None:
    site.answers = [loopback.says(413), loopback.says(413)]

    with pytest.raises(PermanentFailure) as failure:
        send(browser)

    assert failure.value.reason == "http:413"
    assert len(site.asked) == 2


def test_too_many_waits_as_long_as_it_is_asked_to(site: Loopback, browser: Browser) -> None:
    site.answers = [loopback.says(429, retry_after="77")]

    with pytest.raises(PassingFailure) as failure:
        send(browser)

    assert failure.value.retry_after == timedelta(seconds=77)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_its_own_trouble_passes(site: Loopback, browser: Browser, status: int) -> None:
    site.answers = [loopback.says(status)]

    with pytest.raises(PassingFailure):
        send(browser)


def test_one_that_never_answers_is_given_up_in_time(site: Loopback, browser: Browser) -> None:
    for fault in (site.hang(), site.drip(20)):
        site.answers, begun = [fault], time.monotonic()
        with pytest.raises(PassingFailure) as failure:
            send(browser)
        assert failure.value.reason == "no_answer"
        assert time.monotonic() - begun < 15


def test_no_redirect_is_followed(site: Loopback, browser: Browser) -> None:
    with loopback.loopback("127.0.0.2") as inner:
        site.answers = [loopback.says(307, location=f"{inner.url}/secrets")]
        with pytest.raises(PermanentFailure):
            send(browser)
        assert inner.asked == []


def test_an_endpoint_inside_is_never_reached(
    site: Loopback, browser: Browser, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = []

    with pytest.raises(PermanentFailure) as failure:
        send(browser)

    assert (failure.value.reason, site.asked) == ("private_address", [])


@pytest.mark.parametrize(
    "address",
    ["", "{}", "[]", "null", '{"endpoint": 7, "keys": {}}', "nonsense"],
)
def test_what_is_no_subscription_is_given_up(browser: Browser, address: str) -> None:
    with pytest.raises(PermanentFailure) as failure:
        send(browser, address=address)

    assert failure.value.reason == "unusable_address"
