"""Every page and form works in a browser that runs no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from config.tests.browser.eyes import SIZES, new_context
from operations.tests.people import PASSWORD
from operations.tests.running import Up

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = new_context(browser, request.param, java_script_enabled=False)
    yield context.new_page()
    context.close()


def at_home(page: Page, house: Up) -> str:
    """Sign somebody up and found her a household; its address."""
    page.goto(f"http://127.0.0.1:{house.port}/accounts/signup/")
    page.get_by_label("What shall we call you?").fill("Ida")
    page.get_by_label("E-mail").fill(f"ida-{uuid4().hex[:6]}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.get_by_label("Name", exact=True).fill("Quiet house")
    page.get_by_role("button", name="Create it").click()
    page.wait_for_url(re.compile("/g/quiet-house"))
    return page.url


def test_a_household_is_kept_without_script(page: Page, house: Up) -> None:
    today = at_home(page, house)

    page.goto(f"{today}tasks/new/")
    page.get_by_label("What is to be done?").last.fill("Oil the hinges")
    page.get_by_role("button", name="Write it down").click()
    page.get_by_role("button", name="Done: Oil the hinges").click()
    expect(page.get_by_text("“Oil the hinges” is done.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Done: Oil the hinges")).to_have_attribute(
        "aria-pressed", "false"
    )

    page.get_by_role("link", name="Oil the hinges").click()
    page.locator("#task-pane").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("“Oil the hinges” is in the trash.")).to_be_visible()
    page.goto(f"{today}tasks/trash/")
    page.get_by_role("button", name="Put back").click()
    expect(page).to_have_url(re.compile("/tasks/"))
    expect(page.get_by_role("heading", name="Oil the hinges")).to_be_visible()

    page.goto(f"{today}reminders/add/")
    page.get_by_label("What shall it say?").fill("Wind the clock")
    page.get_by_label("Every day").check()
    page.get_by_label("Time", exact=True).fill("20:00")
    page.get_by_role("button", name="Show the next times").click()
    expect(page.locator("#five li")).to_have_count(5)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Wind the clock")).to_be_visible()

    page.goto(f"{today}members/")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("Invitation link")).to_be_visible()

    page.get_by_role("link", name="Ida").first.click()
    page.get_by_label("Away from").fill("2126-07-01")
    page.get_by_label("Until").fill("2126-07-14")
    page.get_by_role("button", name="Write down").click()
    expect(page.get_by_text("away from 1 July 2126 to 14 July 2126")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Until").fill("2126-07-15")
    page.get_by_role("button", name="Save").click()
    page.locator("#absences").get_by_role("button", name="Delete").click()
    expect(page.locator("#absences").get_by_text("July")).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("away from 1 July 2126 to 15 July 2126")).to_be_visible()


def test_a_way_out_is_kept_without_script(page: Page, house: Up) -> None:
    today = at_home(page, house)
    page.goto(f"{today}destinations/add/")
    page.get_by_label("A program of your own").check()
    page.get_by_label("Address", exact=True).fill("https://192.0.0.9/hook")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("Key", exact=True)).to_have_value(re.compile("^whsec_"))
    way = page.locator("li.row").filter(has_text="192.0.0.9")
    way.get_by_role("button", name="Switch off").click()
    expect(way.get_by_role("button", name="Switch on")).to_be_visible()
    way.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Delete").click()
    expect(way).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    page.goto(f"{today}destinations/")
    expect(way).to_be_visible()
