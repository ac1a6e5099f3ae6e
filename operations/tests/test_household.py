"""The whole story: two people, one household, tasks that both see and reminders that arrive."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from operations.tests.chromium import chromium
from operations.tests.people import PASSWORD, Person
from operations.tests.post_office import PostOffice, post_office
from operations.tests.running import BIN_UP, Up, folder, gone, up

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LIVE_MS = 1_000


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


@pytest.fixture
def house(office: PostOffice) -> Iterator[Up]:
    with folder() as path:
        mail = f"smtp://127.0.0.1:{office.port}"
        with up(BIN_UP, Path(path) / "var", EMAIL_URL=mail) as running:
            running.wait_until_ready()
            yield running
            family = running.family()
            assert running.stop() == 0
            assert gone(family)


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(locale="en-GB", timezone_id="Europe/Berlin")
        page.set_default_timeout(10_000)
        yield page


def test_a_household_lives_here(house: Up, office: PostOffice, page: Page) -> None:
    anna = Person(house.port, "Anna").sign_up().found("Larkspur House")
    ben = join_in_the_browser(anna, page)
    both_see_the_same_tasks(anna, page)
    a_reminder_shows_and_is_mailed(anna, ben, page, office)
    a_killed_worker_loses_nothing(anna, ben, page, office, house)
    a_stranger_sees_nothing(anna, Person(house.port, "Sid").sign_up())
    the_logs_hold_no_contents(house)


def join_in_the_browser(anna: Person, page: Page) -> Person:
    """Ben opens the link, makes his account there and is in."""
    ben = Person(anna.port, "Ben")
    page.goto(anna.invite()["url"])
    expect(page.get_by_role("heading", name="Larkspur House")).to_be_visible()
    page.get_by_role("button", name="Make an account and join").click()
    page.get_by_label("E-mail").fill(ben.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("What shall we call you?").fill(ben.name)
    page.get_by_role("button", name="Make an account").click()
    page.wait_for_url(anna.pages)
    ben.sign_in()
    ben.guild = anna.guild
    assert {row["nickname"] for row in anna.get("members/")["results"]} == {"Anna", "Ben"}
    return ben


def both_see_the_same_tasks(anna: Person, page: Page) -> None:
    open_and_listening(page, f"{anna.pages}tasks/")
    made = anna.post("tasks/", {"title": "Water the tomatoes"})
    expect(page.get_by_text("Water the tomatoes")).to_be_visible(timeout=LIVE_MS)
    anna.patch(f"tasks/{made['id']}/", {"title": "Water the beans"})
    expect(page.get_by_text("Water the beans")).to_be_visible(timeout=LIVE_MS)
    page.locator("#quick").fill("Empty the letterbox")
    page.locator("#quick").press("Enter")
    expect(page.locator(".row").get_by_text("Empty the letterbox")).to_be_visible()
    titles = {row["title"] for row in anna.get("tasks/")["results"]}
    assert titles == {"Water the beans", "Empty the letterbox"}


def a_reminder_shows_and_is_mailed(
    anna: Person, ben: Person, page: Page, office: PostOffice
) -> None:
    open_and_listening(page, f"{anna.pages}inbox/")
    made_at = time.monotonic()
    remind(anna, ben, "Take the cake out", in_seconds=3)
    expect(letters(page, "Take the cake out")).to_have_count(1, timeout=8_000)
    shown_at = time.monotonic()
    arrived_at, letter = office.wait_for("Take the cake out", 5)
    assert 3 <= shown_at - made_at < 5
    assert 3 <= arrived_at - made_at < 5
    assert ben.email in str(letter["To"])
    page.wait_for_timeout(2_000)
    expect(letters(page, "Take the cake out")).to_have_count(1)
    assert len(office.about("Take the cake out")) == 1
    assert [row["title"] for row in inbox(ben)] == ["Take the cake out"]
    assert inbox(anna) == []


def a_killed_worker_loses_nothing(
    anna: Person, ben: Person, page: Page, office: PostOffice, house: Up
) -> None:
    due = remind(anna, ben, "Fetch the bread", in_seconds=3)
    time.sleep(max(0, due - time.monotonic() - 1))
    # All of them: the one that is left would send what the other one was to send.
    workers = {name: pid for name, pid in house.pids().items() if name.startswith("worker")}
    for pid in workers.values():
        os.kill(pid, signal.SIGKILL)
    expect(letters(page, "Fetch the bread")).to_have_count(1, timeout=30_000)
    arrived_at, _letter = office.wait_for("Fetch the bread", 30)
    assert arrived_at > due
    for name in workers:
        house.wait_for(f"{name} is ready again after")
    page.wait_for_timeout(2_000)
    expect(letters(page, "Fetch the bread")).to_have_count(1)
    assert len(office.about("Fetch the bread")) == 1
    assert len(inbox(ben)) == 2


def a_stranger_sees_nothing(anna: Person, sid: Person) -> None:
    """Also with the right ids, on pages as over the API."""
    [task, *_] = anna.get("tasks/")["results"]
    [reminder, *_] = anna.get("reminders/")["results"]
    sid.guild = anna.guild
    for path in [
        *["", "members/", "tasks/", f"tasks/{task['id']}/", "reminders/", "inbox/", "changes/"],
        *[f"reminders/{reminder['id']}/", "invites/", "tags/"],
    ]:
        answer = sid.call("GET", path)
        assert answer.status == 404, path
        assert b"Larkspur" not in answer.raw
    assert sid.call("POST", "tasks/", {"title": "Mine now"}).status == 404
    assert sid.call("DELETE", f"tasks/{task['id']}/").status == 404
    assert sid.get("/api/v1/guilds/")["results"] == []


def the_logs_hold_no_contents(house: Up) -> None:
    """Ids and outcomes alone, of all that was said above."""
    contents = [
        "tomatoes",
        "letterbox",
        "cake",
        "bread",
        "Larkspur",
        "example.org",
        PASSWORD,
        "gh_",
    ]
    for log in (house.data / "log").iterdir():
        written = log.read_text(errors="replace")
        assert [word for word in contents if word in written] == [], log.name
    assert "/tasks/" in (house.data / "log" / "web.log").read_text()


def open_and_listening(page: Page, address: str) -> None:
    """The page, once its live stream is open."""
    with page.expect_response(lambda answer: "/live/?ticket=" in answer.url):
        page.goto(address)


def remind(by: Person, whom: Person, message: str, *, in_seconds: float) -> float:
    """When it is due, on the monotonic clock."""
    members = {row["nickname"]: row["id"] for row in by.get("members/")["results"]}
    due = time.monotonic() + in_seconds
    at = datetime.now(UTC) + timedelta(seconds=in_seconds)
    said: dict[str, Any] = {"message": message, "frequency": "once", "at": at.isoformat()}
    by.post("reminders/", said | {"recipients": [members[whom.name]]})
    return due


def letters(page: Page, title: str) -> Any:
    return page.locator("#inbox .letter").filter(has_text=title)


def inbox(person: Person) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = person.get("inbox/")["results"]
    return rows
