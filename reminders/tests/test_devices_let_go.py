"""Browsers that take push messages are let go of by whoever signs out there."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.guild.testing import Cast, browser
from config.tests.loopback import Loopback
from reminders.testing import deliver, make_reminder
from reminders.tests.devices import (
    HERE,
    WAYS,
    devices_of,
    let_in,
    sign_in,
    signed_in,
)
from reminders.tests.pushing import Browser


def test_signing_out_lets_go_of_it(committed_cast: Cast, site: Loopback, phone: Browser) -> None:
    bob = committed_cast.bob
    here, elsewhere = browser(bob), browser(bob)
    other = Browser(phone.site, "/push/another")
    let_in(here, phone)
    let_in(elsewhere, other)

    here.post("/accounts/logout/")
    make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)

    assert [asked.path for asked in site.asked] == ["/push/another"]
    assert "You signed out there." in elsewhere.get(WAYS).text


def test_signing_out_lets_go_of_it_after_its_address_was_renewed(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob, moved = committed_cast.bob, Browser(phone.site, "/push/moved")
    here = browser(bob)
    let_in(here, phone)
    said = {"old": phone.endpoint, "subscription": moved.subscription}
    assert Client().post("/push/renew/", said, content_type="application/json").status_code == 204

    here.post("/accounts/logout/")

    make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)
    assert site.asked == []
    [row] = devices_of(bob)
    assert row.switched_off_reason == "signed_out"


def test_signing_out_of_a_later_session_lets_go_of_it_too(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    """The session in which she let it in is over; she signed in there again."""
    bob = committed_cast.bob
    here = signed_in(bob)
    let_in(here, phone)
    here.session.flush()
    assert here.get(WAYS).status_code == 302
    sign_in(here, bob)

    here.post("/accounts/logout/")

    make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)
    assert site.asked == []


def test_a_browser_without_cookies_says_that_it_is_this_one(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob = committed_cast.bob
    let_in(browser(bob), phone)
    [row] = devices_of(bob)
    cleared = browser(bob)
    page = cleared.get(WAYS).text
    assert f'data-known="{row.address_hash}" data-here=""' in page

    assert cleared.post(HERE, {"hash": row.address_hash}).status_code == 204

    assert f'data-here="{row.address_hash}"' in cleared.get(WAYS).text
    cleared.post("/accounts/logout/")
    [row] = devices_of(bob)
    assert row.switched_off_reason == "signed_out"


@pytest.mark.parametrize("said", ["", "nonsense", "0" * 64])
def test_of_no_browser_of_hers_nothing_is_kept(cast: Cast, said: str) -> None:
    client = browser(cast.bob)

    assert client.post(HERE, {"hash": said}).status_code == 404
    assert "browsers" not in client.cookies


def test_nobody_lets_go_of_somebody_elses(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    """Of Bob's browser Carol knows the address, and his cookie is still in it."""
    bob, carol = committed_cast.bob, committed_cast.carol
    here = signed_in(bob)
    let_in(here, phone)
    [row] = devices_of(bob)
    here.session.flush()
    sign_in(here, carol)

    assert here.post(HERE, {"hash": row.address_hash}).status_code == 404
    here.post("/accounts/logout/")

    [row] = devices_of(bob)
    assert row.deleted_at is None


@pytest.mark.parametrize("said", ["", "nonsense", "a.b:c:d"])
def test_a_cookie_that_is_none_of_ours_changes_nothing(
    committed_cast: Cast, site: Loopback, phone: Browser, said: str
) -> None:
    here = Client()
    here.cookies["browsers"] = said
    sign_in(here, committed_cast.bob)
    assert let_in(here, phone).status_code == 302

    here.post("/accounts/logout/")
    [row] = devices_of(committed_cast.bob)
    assert row.switched_off_reason == "signed_out"


def test_ending_a_session_elsewhere_lets_go_of_its_browser(
    committed_cast: Cast, site: Loopback, phone: Browser
) -> None:
    bob = committed_cast.bob
    lost, here = signed_in(bob), signed_in(bob)
    let_in(lost, phone)

    here.post("/accounts/sessions/")

    assert lost.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200
    [row] = devices_of(bob)
    assert row.switched_off_reason == "signed_out"
