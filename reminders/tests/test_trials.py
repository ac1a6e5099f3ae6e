"""Send a test: it really goes there, at once, and says in words how that went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast, api, browser
from accounts.models import User
from config.tests.loopback import Loopback, loopback, says, slow
from reminders.engine.database import run
from reminders.tests.smtp import Postbox, postbox

PLACE = "/g/home/destinations/"


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback() as site:
        yield site


def add(client: Any, site: Loopback, **said: Any) -> str:
    body = {"channel": "webhook", "address": f"{site.url}/hook", "name": "Mine"} | said
    answer = client.post("destinations/", body)
    assert answer.status_code == 201, answer.content
    return f"destinations/{answer.json()['id']}/test/"


def press(client: Any, path: str) -> str:
    """Send a test from the page; what the page says then."""
    answer = client.post(f"/g/home/{path}", follow=True)
    assert answer.redirect_chain == [(PLACE, 302)]
    return str(answer.text)


def test_a_viewer_tries_her_own_and_reads_that_it_was_taken(cast: Cast, site: Loopback) -> None:
    page = press(browser(cast.bob), add(api(cast.bob), site))
    assert "“Mine” took the test." in page
    assert "Test taken: today" in page
    [asked] = site.asked
    assert asked.json["data"]["title"] == "A test from Guildhall"
    assert "Reminders for Bob arrive here." in asked.json["data"]["body"]
    assert asked.json["data"]["url"].endswith(PLACE)
    assert asked.headers["webhook-signature"].startswith("v1,")


def test_it_speaks_her_language(cast: Cast, site: Loopback) -> None:
    User.objects.filter(email="bob@example.org").update(locale="de")
    api(cast.bob).post(add(api(cast.bob), site))
    assert site.asked[0].json["data"]["title"] == "Ein Test von Guildhall"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "The other side does not accept the key or password (401)."),
        (404, "The other side does not know this address (404)."),
        (418, "The other side does not take the message (418)."),
        (429, "The other side wants fewer messages (429)."),
        (503, "The other side has trouble of its own (503)."),
        (302, "It answers from another address by now: type that one."),
    ],
)
def test_why_it_did_not_arrive_is_said_in_words(
    cast: Cast, site: Loopback, status: int, words: str
) -> None:
    site.answers = [says(status)]
    page = press(browser(cast.bob), add(api(cast.bob), site))
    assert "the test did not arrive" in page
    assert words in page
    assert "Test failed: today" in page


def test_over_the_api_it_says_so_too(cast: Cast, site: Loopback) -> None:
    client, path = api(cast.bob), add(api(cast.bob), site)
    site.answers = [says(500)]
    failed = client.post(path)
    assert (failed.status_code, failed.json()["tested_reason"]) == (200, "http:500")
    taken = client.post(path).json()
    assert taken["tested_reason"] == ""
    assert taken["tested_at"] > failed.json()["tested_at"]
    assert taken["updated_at"] == failed.json()["updated_at"]


def test_what_leads_inside_by_now_is_not_reached(
    cast: Cast, site: Loopback, settings: Settings
) -> None:
    path = add(api(cast.bob), site)
    settings.OUTBOUND_ALLOW = []
    assert api(cast.bob).post(path).json()["tested_reason"] == "private_address"
    assert "The address leads into a private network." in press(browser(cast.bob), path)
    assert site.asked == []


def test_an_address_that_is_gone_is_switched_off(cast: Cast, site: Loopback) -> None:
    path = add(api(cast.bob), site)
    site.answers = [says(410)]
    row = api(cast.bob).post(path).json()
    assert row["switched_off_reason"] == "http:410"
    page = browser(cast.bob).get(PLACE).text
    assert "Switched off since" in page
    assert "says that this address is gone for good (410)" in page


def test_the_same_request_again_sends_nothing(cast: Cast, site: Loopback) -> None:
    client, path, header = api(cast.bob), add(api(cast.bob), site), {"idempotency-key": "once"}
    first = client.post(path, headers=header)
    again = client.post(path, headers=header)
    assert first.json() == again.json()
    assert len(site.asked) == 1


def test_a_test_that_is_asked_for_too_often_waits(
    cast: Cast, site: Loopback, settings: Settings
) -> None:
    settings.RATE_LIMITS = True
    client, path = api(cast.bob), add(api(cast.bob), site)
    answers = [client.post(path).status_code for _ in range(8)]
    assert answers == [200] * 6 + [429] * 2
    assert "wait a minute" in press(browser(cast.bob), path)
    assert len(site.asked) == 6


def test_the_households_is_tried_by_an_admin_in_its_name(cast: Cast, site: Loopback) -> None:
    path = add(api(cast.alice), site, shared=True)
    press(browser(cast.alice), path)
    assert site.asked[0].json["data"]["recipient"] == "Home"
    assert api(cast.carol).post(path).status_code == 403
    assert len(site.asked) == 1


def test_by_apprise_it_goes_as_well(cast: Cast, site: Loopback) -> None:
    path = add(api(cast.bob), site, channel="apprise", address=f"ntfy://{site.place}/cats")
    assert "took the test" in press(browser(cast.bob), path)
    assert site.asked[0].json["title"] == "A test from Guildhall"


def test_a_service_that_breaks_is_told_in_words(
    cast: Cast, site: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin of somebody else's may raise whatever it likes."""

    def broken(*_: Any, **_said: Any) -> None:
        raise AttributeError("a plugin of Apprise, which knows secrets")

    path = add(api(cast.bob), site, channel="apprise", address=f"ntfy://{site.place}/cats")
    with monkeypatch.context() as patched:
        patched.setattr("apprise.plugins.ntfy.NotifyNtfy.send", broken)
        page = press(browser(cast.bob), path)
        assert "It could not be sent (AttributeError)." in page
        assert "secrets" not in page
        assert api(cast.bob).post(path).json()["tested_reason"] == "error:AttributeError"
    assert "took the test" in press(browser(cast.bob), path)


@pytest.fixture
def box(settings: Settings) -> Iterator[Postbox]:
    with postbox() as box:
        settings.MAILERS = box.mailers()
        yield box


def test_by_e_mail_it_goes_to_her_account(cast: Cast, box: Postbox) -> None:
    [row] = api(cast.carol).get("destinations/").json()["results"]
    assert api(cast.carol).post(f"destinations/{row['id']}/test/").json()["tested_reason"] == ""
    assert [letter["To"] for letter in box.letters] == ["carol@example.org"]


def test_no_transaction_is_open_while_it_is_sent(committed_cast: Cast, site: Loopback) -> None:
    """A server that is slow must not hold a connection, and with it rows, of everybody's."""
    waiting: list[int] = []

    def look(line: Any) -> None:
        [(count,)] = run(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%%' AND pid <> pg_backend_pid()"
        )
        waiting.append(count)
        connections.close_all()
        says(200)(line)

    path = add(api(committed_cast.bob), site)
    site.answers = [slow(0.1, look), slow(0.1, look)]
    assert api(committed_cast.bob).post(path).json()["tested_reason"] == ""
    assert "took the test" in press(browser(committed_cast.bob), path)
    assert waiting == [0, 0]
