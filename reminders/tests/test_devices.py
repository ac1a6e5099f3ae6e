"""Browsers that take push messages: let in, told, taken over, gone, let go of."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change, Member
from config.tests import loopback
from config.tests.loopback import Loopback
from reminders.models import Delivery, Destination
from reminders.testing import deliver, deliveries, make_reminder
from reminders.tests.pushing import Browser, signed_by

PASSWORD = "a kettle sings at seven"
ADD = "/g/home/devices/add/"
HERE = "/g/home/devices/here/"
WAYS = "/g/home/destinations/"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback.loopback() as site:
        yield site


@pytest.fixture
def phone(site: Loopback) -> Browser:
    return Browser(site)


def let_in(client: Client, phone: Browser) -> Any:
    said = {"subscription": json.dumps(phone.subscription)}
    return client.post(ADD, said, headers={"user-agent": CHROME})


def signed_in(member: Member) -> Client:
    client = Client()
    sign_in(client, member)
    return client


def sign_in(client: Client, member: Member) -> None:
    """As she does it herself, by her password."""
    assert member.user is not None
    if not member.user.check_password(PASSWORD):
        member.user.set_password(PASSWORD)
        member.user.save()
    said = {"login": member.user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", said).status_code == 302


def devices_of(member: Member) -> list[Destination]:
    with guild_scope(member.guild_id, member):
        return list(Destination.objects.filter(channel="push", member=member).order_by("id"))


def pushed(reminder: Any) -> list[tuple[str, str]]:
    return [
        (one["status"], one["reason"]) for one in deliveries(reminder) if one["channel"] == "push"
    ]


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
