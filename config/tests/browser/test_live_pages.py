"""Open pages that hear of changes, and tabs that nobody looks at."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from config.tests.browser.conftest import Windows, listening
from config.tests.browser.home import Home, soon, wait_for_inbox

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIVE_MS = 1_000
MANY = 8  # more than the connections that a browser opens to one house
HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_change_shows_within_a_second(workshop: Home, windows: Windows) -> None:
    page = windows.of(workshop.clara, "desk").new_page()
    listening(page, f"{workshop.clara.pages}tasks/")
    task = workshop.anna.post("tasks/", {"title": "Beat the carpet"})
    expect(page.get_by_text("Beat the carpet")).to_be_visible(timeout=LIVE_MS)
    workshop.anna.delete(f"tasks/{task['id']}/")
    expect(page.get_by_text("Beat the carpet")).to_have_count(0, timeout=LIVE_MS)
    page.close()


def test_who_is_away_shows_among_the_members(workshop: Home, windows: Windows) -> None:
    page = windows.of(workshop.clara, "desk").new_page()
    listening(page, f"{workshop.clara.pages}members/")
    days = {"from_on": "2020-01-01", "until_on": "2126-07-14"}
    absence = workshop.dora.post("absences/", days)
    expect(page.get_by_text("away until 14 July 2126")).to_be_visible(timeout=LIVE_MS)
    workshop.dora.delete(f"absences/{absence['id']}/")
    expect(page.get_by_text("away until 14 July 2126")).to_have_count(0, timeout=LIVE_MS)
    page.close()


def test_a_new_channel_of_the_household_shows(workshop: Home, windows: Windows) -> None:
    page = windows.of(workshop.clara, "desk").new_page()
    listening(page, f"{workshop.clara.pages}destinations/")
    said = {"channel": "apprise", "address": "ntfy://192.0.0.9/cellar", "name": "Cellar"}
    way = workshop.anna.post("destinations/", said | {"shared": True})
    expect(page.get_by_text("Cellar")).to_be_visible(timeout=LIVE_MS)
    workshop.anna.delete(f"destinations/{way['id']}/")
    expect(page.get_by_text("Cellar")).to_have_count(0, timeout=LIVE_MS)
    page.close()


def test_the_number_beside_the_inbox_moves_on_any_page(workshop: Home, windows: Windows) -> None:
    clara = workshop.clara
    for row in clara.get("inbox/?state=open")["results"]:
        clara.post(f"inbox/{row['id']}/done/")
    page = windows.of(clara, "desk").new_page()
    listening(page, f"{clara.pages}members/")
    badge = page.locator("#inbox-count")
    expect(badge).to_be_hidden()
    clara.post("reminders/", {"message": "Stir the soup", "frequency": "once", "at": soon()})
    wait_for_inbox(clara, 1)
    expect(badge).to_have_text("1 waiting", timeout=LIVE_MS)
    [row] = clara.get("inbox/?state=open")["results"]
    clara.post(f"inbox/{row['id']}/done/")
    expect(badge).to_be_hidden(timeout=LIVE_MS)
    page.close()


def test_a_hidden_tab_rests_and_catches_up(workshop: Home, windows: Windows) -> None:
    page = windows.of(workshop.clara, "desk").new_page()
    listening(page, f"{workshop.clara.pages}tasks/")
    page.evaluate(HIDE, True)
    workshop.anna.post("tasks/", {"title": "Unseen"})
    page.wait_for_timeout(LIVE_MS)
    expect(page.get_by_text("Unseen")).to_have_count(0)
    page.evaluate(HIDE, False)
    expect(page.get_by_text("Unseen")).to_be_visible()
    page.close()


def test_many_tabs_do_not_block_each_other(workshop: Home, windows: Windows) -> None:
    pages = []
    for _ in range(MANY):
        page = windows.of(workshop.clara, "desk").new_page()
        listening(page, f"{workshop.clara.pages}members/")
        page.evaluate(HIDE, True)
        pages.append(page)
    expect(pages[-1].get_by_role("heading", name="Members")).to_be_visible()
    for page in pages:
        page.close()


def test_another_role_goes_on_listening(workshop: Home, windows: Windows) -> None:
    page = windows.of(workshop.clara, "desk").new_page()
    listening(page, f"{workshop.clara.pages}tasks/")
    clara = f"members/{workshop.member(workshop.clara)}/"
    try:
        with page.expect_response(lambda answer: "/live/?ticket=" in answer.url):
            workshop.anna.patch(clara, {"role": "viewer"})
        workshop.anna.post("tasks/", {"title": "Still heard"})
        expect(page.get_by_text("Still heard")).to_be_visible(timeout=LIVE_MS)
    finally:
        workshop.anna.patch(clara, {"role": "member"})
    page.close()


def test_who_is_removed_hears_no_more(workshop: Home, windows: Windows) -> None:
    """The page stays as it was; a stream is neither open nor asked for again."""
    page = windows.of(workshop.dora, "desk").new_page()
    listening(page, f"{workshop.dora.pages}tasks/")
    workshop.anna.delete(f"members/{workshop.member(workshop.dora)}/")
    workshop.anna.post("tasks/", {"title": "Not for Dora"})
    page.wait_for_timeout(LIVE_MS)
    expect(page.get_by_text("Not for Dora")).to_have_count(0)
    assert page.goto(f"{workshop.dora.pages}tasks/").status == 404  # type: ignore[union-attr]
    page.close()
