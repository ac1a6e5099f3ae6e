"""Signed webhooks: what stands on the wire, and what the answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_django.fixtures import Settings

from config.tests.loopback import Loopback, loopback, says
from reminders.channels.answers import pause_asked
from reminders.channels.base import PassingFailure, PermanentFailure
from reminders.channels.webhook import Webhook, new_signing_key
from reminders.tests.test_ways_contract import MESSAGE


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback() as site:
        yield site


def test_the_other_side_can_check_who_sent_it(site: Loopback) -> None:
    """As the Standard Webhooks spec says: v1 is HMAC-SHA256 of `id.timestamp.body`."""
    key = new_signing_key()
    Webhook().send(replace(MESSAGE, address=f"{site.url}/in?a=b", signing_key=key))

    [asked] = site.asked
    assert (asked.method, asked.path) == ("POST", "/in?a=b")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["webhook-id"] == asked.headers["idempotency-key"] == MESSAGE.key
    moment = asked.headers["webhook-timestamp"]
    assert abs(int(moment) - time.time()) < 30
    secret = base64.b64decode(key.removeprefix("whsec_"))
    assert len(secret) == 32
    signed = f"{MESSAGE.key}.{moment}.".encode() + asked.body
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert asked.headers["webhook-signature"] == f"v1,{expected}"


def test_programs_read_what_it_says(site: Loopback) -> None:
    Webhook().send(replace(MESSAGE, address=site.url))
    said = site.asked[0].json
    assert said["type"] == "reminder.due"
    assert said["timestamp"] == said["data"]["due_at"] == "2026-06-11T18:00:00Z"
    assert said["data"]["title"] == "Feed the cat"
    assert (said["data"]["household"], said["data"]["recipient"]) == ("Home", "Carol")
    assert said["data"]["late_by_seconds"] == 660


def test_what_the_other_side_calls_it_is_kept(site: Loopback) -> None:
    site.answers = [says(202, x_request_id="r-17")]
    assert Webhook().send(replace(MESSAGE, address=site.url)).provider_id == "r-17"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(site: Loopback, status: int) -> None:
    site.answers = [says(status, location=f"{site.url}/elsewhere")]
    with pytest.raises(PermanentFailure) as failure:
        Webhook().send(replace(MESSAGE, address=site.url))
    assert (failure.value.reason, len(site.asked)) == ("redirected", 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
def test_what_it_says_no_to_is_given_up(site: Loopback, status: int) -> None:
    site.answers = [says(status)]
    with pytest.raises(PermanentFailure) as failure:
        Webhook().send(replace(MESSAGE, address=site.url))
    assert failure.value.reason == f"http:{status}"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_it_says_not_now_to_is_tried_again(site: Loopback, status: int) -> None:
    site.answers = [says(status)]
    with pytest.raises(PassingFailure) as failure:
        Webhook().send(replace(MESSAGE, address=site.url))
    assert (failure.value.reason, failure.value.retry_after) == (f"http:{status}", None)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 5 ", 5),
        ("99999999999999999999", 7 * 86_400),
        ("-1", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٣", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_a_pause_is_read_as_the_standard_says(said: str | None, seconds: int | None) -> None:
    asked = pause_asked(said)
    assert (None if asked is None else asked.total_seconds()) == seconds


def test_a_pause_may_be_a_date() -> None:
    at = datetime.now(UTC) + timedelta(minutes=5)
    asked = pause_asked(format_datetime(at, usegmt=True))
    assert asked is not None
    assert timedelta(minutes=4) < asked <= timedelta(minutes=5)


def test_no_proxy_of_the_environment_learns_of_it(
    site: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loopback() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        Webhook().send(replace(MESSAGE, address=site.url))
        assert (len(site.asked), proxy.asked) == (1, [])
