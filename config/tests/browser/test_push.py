"""Reminders on a phone's screen: the browser is let in, the house pushes, Done is tapped there.

Only what lies outside is stood in for: the push service is a machine on the loopback, and in place
of its line into the browser the message is handed over by the browser's own tools.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, Worker, expect

from config.tests import loopback
from config.tests.browser.conftest import Windows, sign_in
from config.tests.browser.eyes import Watch, look, new_context, picture
from config.tests.browser.home import ZONE, Home, wait_for_inbox
from config.tests.loopback import Loopback
from operations.tests.people import PASSWORD, Person
from reminders.tests.pushing import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The browser's side of a push service, which would be its maker's.
STAND_IN = """(subscription) => {
    const made = {
        ...subscription,
        options: { applicationServerKey: null },
        toJSON: () => subscription,
        unsubscribe: async () => true,
    };
    PushManager.prototype.subscribe = async (options) => {
        if (options.applicationServerKey.length !== 65) throw new Error("no key");
        localStorage.setItem("let in", "1");
        return made;
    };
    PushManager.prototype.getSubscription = async () =>
        localStorage.getItem("let in") ? made : null;
}"""
SHOWN = """async () => {
    const registration = await navigator.serviceWorker.ready;
    const shown = await registration.getNotifications();
    return shown.map(({ title, body, tag, lang, actions }) =>
        ({ title, body, tag, lang, actions: actions.map((one) => one.title) }));
}"""
# As the system does when somebody taps it; a page may not say that it was tapped.
TAP = """async (action) => {
    const [notification] = await self.registration.getNotifications();
    const event = new NotificationEvent("notificationclick", { notification, action });
    const waits = [];
    Object.defineProperty(event, "waitUntil", { value: (one) => waits.push(one) });
    self.dispatchEvent(event);
    const ends = await Promise.allSettled(waits);
    return ends.map(({ status, reason }) => reason ? String(reason) : status);
}"""


@pytest.fixture
def site() -> Iterator[Loopback]:
    with loopback.loopback() as site:
        yield site


class Phone:
    """A window with a push service; `worker` is the site's own part in it."""

    def __init__(self, windows: Windows, size: str, site: Loopback, **options: Any) -> None:
        self.inside = Browser(site, f"/push/{uuid4().hex}")
        self.context: BrowserContext = new_context(
            windows.browser, size, permissions=["notifications"], **options
        )
        script = f"({STAND_IN})({json.dumps(self.inside.subscription)})"
        self.context.add_init_script(script)
        self.page: Page = self.context.new_page()
        self.watch = Watch(self.page)

    @property
    def worker(self) -> Worker:
        return self.context.service_workers[0]

    def receive(self, payload: dict[str, Any]) -> None:
        """Hand the message to the service worker, as the push service's line would."""
        session = self.context.new_cdp_session(self.page)
        found: list[str] = []
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
        )
        session.send("ServiceWorker.enable")
        until = time.monotonic() + 10
        while not found:
            assert time.monotonic() < until, "no service worker is registered"
            self.page.wait_for_timeout(50)
        origin = re.sub(r"(://[^/]+).*", r"\1/", self.page.url)
        told = {"origin": origin, "registrationId": found[-1], "data": json.dumps(payload)}
        session.send("ServiceWorker.deliverPushMessage", told)
        # What a session hands over is lost when it ends too soon.
        self.page.wait_for_timeout(500)
        session.detach()

    def shown(self, count: int = 1) -> list[dict[str, Any]]:
        until = time.monotonic() + 10
        while len(found := self.page.evaluate(SHOWN)) != count:
            assert time.monotonic() < until, found
            self.page.wait_for_timeout(50)
        return list(found)

    def tap(self, action: str) -> list[str]:
        ends: list[str] = self.worker.evaluate(TAP, action)
        return ends

    def let_in(self) -> None:
        self.page.get_by_role("button", name="Send them to this browser").click()
        said = "It takes your reminders, also when no page is open."
        expect(self.page.get_by_text(said)).to_be_visible()


def pushed(site: Loopback, phone: Phone, seconds: float = 30) -> dict[str, Any]:
    """The next message that reached the push service, as the phone alone can read it."""
    until = time.monotonic() + seconds
    while not site.asked:
        assert time.monotonic() < until, "nothing was pushed"
        phone.page.wait_for_timeout(100)
    return phone.inside.read(site.asked.pop(0))


def nina(port: int) -> Person:
    return Person(port, "Nina", f"-{uuid4().hex[:6]}")


def test_from_typed_to_done_on_the_phone(workshop: Home, windows: Windows, site: Loopback) -> None:
    """Sign up, found a home, let the phone in, write a reminder down; it comes; Done."""
    port, person = workshop.anna.port, nina(workshop.anna.port)
    phone = Phone(windows, "phone", site)
    page = phone.page
    page.goto(f"http://127.0.0.1:{port}/accounts/signup/")
    page.get_by_label("What shall we call you?").fill("Nina")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.get_by_label("Name", exact=True).fill("Nina’s nest")
    page.get_by_role("button", name="Create it").click()
    expect(page).to_have_url(re.compile("/g/nina"))
    home = page.url

    page.goto(f"{home}destinations/")
    picture(page, "story-1-this-browser")
    phone.let_in()
    picture(page, "story-2-let-in")

    page.goto(f"{home}reminders/add/")
    at = (datetime.now(ZONE) + timedelta(seconds=70)).replace(second=0)
    page.get_by_label("What shall it say?").fill("Take the cake out\nThe middle shelf.")
    page.get_by_label("Once").check()
    page.get_by_label("Day", exact=True).fill(f"{at:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{at:%H:%M}")
    picture(page, "story-3-typed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Take the cake out").first).to_be_visible()

    payload = pushed(site, phone, seconds=100)
    assert datetime.now(ZONE) >= at.replace(microsecond=0)
    phone.receive(payload)
    [shown] = phone.shown()
    assert (shown["title"], shown["actions"]) == ("Take the cake out", ["Done", "In 10 min"])
    assert "The middle shelf." in shown["body"]

    page.goto(f"{home}inbox/")
    expect(page.locator("li.row").filter(has_text="Take the cake out")).to_be_visible()
    picture(page, "story-4-inbox")
    assert phone.tap("done") == ["fulfilled"]
    expect(page.locator("li.row").filter(has_text="Take the cake out")).to_have_count(0)
    phone.shown(0)
    page.goto(f"{home}inbox/?show=all")
    expect(page.locator("li.row").filter(has_text="Take the cake out")).to_contain_text("done")
    picture(page, "story-5-done")
    phone.context.close()


def test_what_the_notification_does(workshop: Home, windows: Windows, site: Loopback) -> None:
    """Later, once more the same, no connection, nonsense, and another address for the browser."""
    person = nina(workshop.anna.port).sign_up().found("Nest")
    phone = Phone(windows, "phone", site)
    sign_in(phone.context, person)
    phone.page.goto(f"{person.pages}destinations/")
    phone.let_in()
    soon = (datetime.now(ZONE) + timedelta(seconds=1)).isoformat()
    person.post("reminders/", {"message": "Bread", "frequency": "once", "at": soon})
    wait_for_inbox(person, 1)
    payload = pushed(site, phone)

    phone.receive(payload)
    phone.shown()
    phone.receive(payload)
    assert len(phone.shown()) == 1  # the tag: it takes its own place

    away = {**payload["acts"][0], "url": "http://127.0.0.1:9/act/nowhere/"}
    phone.receive({**payload, "acts": [away]})
    phone.shown()
    phone.tap("done")
    [again] = phone.shown()  # it is not lost
    assert again["title"] == "Bread"

    phone.receive(payload)
    phone.shown()
    assert phone.tap("later") == ["fulfilled"]
    phone.shown(0)
    [row] = person.get("inbox/?state=all")["results"]
    assert row["snoozed_until"]

    phone.receive(payload)
    phone.shown()
    assert phone.tap("done") == ["fulfilled"]  # used already: nothing more to say
    phone.receive({})
    [plain] = phone.shown()
    assert plain["title"] == "Guildhall"
    phone.context.close()


def test_a_new_address_is_told_to_the_house(
    workshop: Home, windows: Windows, site: Loopback
) -> None:
    person = nina(workshop.anna.port).sign_up().found("Nest")
    phone = Phone(windows, "phone", site)
    sign_in(phone.context, person)
    phone.page.goto(f"{person.pages}destinations/")
    phone.let_in()
    moved = Browser(site, f"/push/{uuid4().hex}")
    status = phone.worker.evaluate(
        """async ([old, fresh]) => {
            const event = new Event("pushsubscriptionchange");
            const waits = [];
            Object.assign(event, {
                oldSubscription: { endpoint: old, options: {} },
                newSubscription: { toJSON: () => fresh },
                waitUntil: (one) => waits.push(one),
            });
            self.dispatchEvent(event);
            return (await Promise.allSettled(waits)).map((one) => one.status);
        }""",
        [phone.inside.endpoint, moved.subscription],
    )
    assert status == ["fulfilled"]
    soon = (datetime.now(ZONE) + timedelta(seconds=1)).isoformat()
    person.post("reminders/", {"message": "Bread", "frequency": "once", "at": soon})
    phone.inside = moved
    assert pushed(site, phone)["title"] == "Bread"
    phone.context.close()


def test_signing_out_leaves_the_browser(
    size: str, workshop: Home, windows: Windows, site: Loopback
) -> None:
    person = nina(workshop.anna.port).sign_up().found("Nest")
    phone = Phone(windows, size, site)
    sign_in(phone.context, person)
    phone.page.goto(f"{person.pages}destinations/")
    phone.let_in()
    assert look(phone.page, f"this-browser-on-{size}", phone.watch) == []
    assert len(person.get("devices/")["results"]) == 1
    phone.page.locator("header button[popovertarget=me]").click()
    phone.page.locator("#me form[action='/accounts/logout/'] button").click()
    phone.page.wait_for_url(f"http://127.0.0.1:{person.port}/")
    assert person.get("devices/")["results"] == []
    phone.context.close()


def test_a_later_session_says_which_browser_it_is(
    workshop: Home, windows: Windows, site: Loopback
) -> None:
    person = nina(workshop.anna.port).sign_up().found("Nest")
    phone = Phone(windows, "phone", site)
    sign_in(phone.context, person)
    phone.page.goto(f"{person.pages}destinations/")
    phone.let_in()
    phone.context.clear_cookies()
    sign_in(phone.context, person)
    with phone.page.expect_response("**/devices/here/") as told:
        phone.page.goto(f"{person.pages}destinations/")
    assert told.value.status == 204
    phone.page.locator("header button[popovertarget=me]").click()
    phone.page.locator("#me form[action='/accounts/logout/'] button").click()
    phone.page.wait_for_url(f"http://127.0.0.1:{person.port}/")
    assert person.get("devices/")["results"] == []
    phone.context.close()


STATES = {
    "denied": "Object.defineProperty(Notification, 'permission', { value: 'denied' })",
    "home-screen": "delete window.PushManager; navigator.standalone = false",
    "unable": "delete window.PushManager",
    "insecure": "Object.defineProperty(window, 'isSecureContext', { value: false })",
    "failed": "PushManager.prototype.subscribe = async () => { throw new Error('away') }",
}
WORDS = {
    "denied": "This browser was told not to show messages from here.",
    "home-screen": "On iPhone and iPad only an app on the home screen",
    "unable": "This browser cannot show messages.",
    "insecure": "Browsers show messages only from addresses that begin with https.",
    "failed": "The browser could not reach its push service.",
}


@pytest.mark.parametrize("state", STATES)
def test_a_browser_that_says_no_is_explained(
    state: str, size: str, workshop: Home, windows: Windows
) -> None:
    context = new_context(windows.browser, size, permissions=["notifications"])
    sign_in(context, workshop.anna)
    context.add_init_script(STATES[state])
    page = context.new_page()
    watch = Watch(page)
    page.goto(f"{workshop.anna.pages}destinations/")
    if state == "failed":
        page.get_by_role("button", name="Send them to this browser").click()
    expect(page.get_by_text(WORDS[state])).to_be_visible()
    shown = page.locator("#this-browser [data-state]:visible")
    assert all(state in (one.get_attribute("data-state") or "") for one in shown.all())
    assert look(page, f"this-browser-{state}-{size}", watch) == []
    context.close()


def test_no_to_the_question_changes_nothing(workshop: Home, windows: Windows) -> None:
    context = new_context(windows.browser, "phone")
    sign_in(context, workshop.anna)
    context.add_init_script("Notification.requestPermission = async () => 'default'")
    context.add_init_script(STATES["denied"].replace("denied", "default"))
    page = context.new_page()
    page.goto(f"{workshop.anna.pages}destinations/")
    button = page.get_by_role("button", name="Send them to this browser")
    button.click()
    expect(button).to_be_visible()
    assert workshop.anna.get("devices/")["results"] == []
    context.close()
