from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from config.tests.browser.eyes import SIZES, Watch, new_context
from config.tests.browser.home import Home, make_home
from operations.tests.chromium import chromium
from operations.tests.people import PASSWORD, Person
from operations.tests.running import Up

STREAM = re.compile(r"/live/\?ticket=")
# Playwright's own five seconds are short where others use the machine, too.
expect.set_options(timeout=15_000)


# Per package: while Playwright runs, its event loop keeps Django's ORM out of this thread.
@pytest.fixture(scope="package")
def browser(house: Up) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def home(house: Up) -> Home:
    """Only looked at."""
    return make_home(house.port)


@pytest.fixture(scope="package")
def workshop(house: Up) -> Home:
    """Where the tests of acts change things."""
    return make_home(house.port, "-smith")


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def sign_in(context: BrowserContext, person: Person) -> None:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{person.port}/accounts/login/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/g/**")
    page.close()


def listening(page: Page, address: str) -> Page:
    """The page, once its stream is open: what changes from now on shows on it."""
    with page.expect_response(STREAM):
        page.goto(address)
    return page


class Windows:
    """One context a person and size, signed in once."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._kept: dict[tuple[str, str], BrowserContext] = {}

    def of(self, person: Person | None, size: str) -> BrowserContext:
        key = (person.email if person else "", size)
        if key not in self._kept:
            self._kept[key] = new_context(self.browser, size)
            if person:
                sign_in(self._kept[key], person)
        return self._kept[key]

    def page(self, person: Person | None, size: str) -> tuple[Page, Watch]:
        page = self.of(person, size).new_page()
        return page, Watch(page)


@pytest.fixture(scope="package")
def windows(browser: Browser) -> Windows:
    return Windows(browser)
