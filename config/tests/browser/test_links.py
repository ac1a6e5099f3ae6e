"""What opens without a sign-in from a message: pages for a thumb, and the letter they stand in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from config.tests.browser.conftest import Windows
from config.tests.browser.eyes import NARROW, look, sideways
from config.tests.browser.home import Home, soon, wait_for_inbox
from operations.tests.running import Up
from reminders import acts
from reminders.acts import Act, Links, OffTicket, Ticket
from reminders.channels.base import Message
from reminders.channels.email import compose

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES_OWN = "landmark"


@pytest.fixture
def signs(house: Up) -> Iterator[None]:
    """Signs what the running house takes for its own."""
    key = (house.data / "secrets" / "secret_key").read_text().strip()
    with override_settings(SECRET_KEY=key, BASE_URL=f"http://127.0.0.1:{house.port}"):
        yield


def ticket(home: Home, act: Act) -> Ticket:
    """For what comes to Clara now."""
    before = len(home.clara.get("inbox/?state=open")["results"])
    member = home.member(home.clara)
    said = {"message": "Feed the cat", "frequency": "once", "at": soon(0.2)}
    home.anna.post("reminders/", said | {"recipients": [member]})
    wait_for_inbox(home.clara, before + 1)
    row = home.clara.get("inbox/?state=open")["results"][0]
    guild = UUID(home.clara.guild["id"])
    return Ticket(guild, UUID(member), UUID(row["id"]), 0, act)


def seen(page: Page, watch: object, name: str, size: str) -> None:
    assert look(page, f"{name}-{size}", watch) == []  # type: ignore[arg-type]
    if size == "phone":
        before = page.viewport_size
        page.set_viewport_size({"width": NARROW, "height": 640})
        assert sideways(page) == []
        assert before
        page.set_viewport_size(before)


def test_done_and_back_by_a_link(signs: None, size: str, workshop: Home, windows: Windows) -> None:
    page, watch = windows.page(None, size)
    address = acts.link(ticket(workshop, Act.DONE))
    page.goto(address)
    expect(page.get_by_role("heading", name="Feed the cat")).to_be_visible()
    seen(page, watch, "act-done", size)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("status")).to_have_text("Done.")
    seen(page, watch, "act-was-done", size)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_have_text("It waits in your inbox again.")
    page.goto(address)
    expect(page.get_by_role("status")).to_have_text("This link was used already.")
    seen(page, watch, "act-used", size)
    page.close()


def test_later_by_a_link(signs: None, size: str, workshop: Home, windows: Windows) -> None:
    page, watch = windows.page(None, size)
    page.goto(acts.link(ticket(workshop, Act.LATER)))
    seen(page, watch, "act-later", size)
    page.get_by_role("button", name="In an hour").click()
    expect(page.get_by_role("status")).to_contain_text("You hear of it again")
    page.close()


def test_not_me_by_a_link(signs: None, size: str, workshop: Home, windows: Windows) -> None:
    page, watch = windows.page(None, size)
    page.goto(acts.link(ticket(workshop, Act.NOT_ME)))
    seen(page, watch, "act-not-me", size)
    page.get_by_role("button", name="This is not for me").click()
    expect(page.get_by_role("status")).to_have_text("You said that it is not for you.")
    page.close()


def test_no_more_of_these(signs: None, size: str, workshop: Home, windows: Windows) -> None:
    page, watch = windows.page(None, size)
    clara = workshop.clara
    [row] = [one for one in clara.get("destinations/")["results"] if one["follows_account"]]
    member = UUID(workshop.member(clara))
    page.goto(acts.off_link(OffTicket(UUID(clara.guild["id"]), member, UUID(row["id"]))))
    seen(page, watch, "off", size)
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_role("heading", name="It is switched off")).to_be_visible()
    seen(page, watch, "off-was", size)
    assert clara.get(f"destinations/{row['id']}/")["switched_off_at"]
    page.get_by_role("button", name="Switch it on again").click()
    expect(page.get_by_role("heading", name="No more of these?")).to_be_visible()
    assert clara.get(f"destinations/{row['id']}/")["switched_off_at"] is None
    page.close()


def test_a_link_that_is_none(signs: None, size: str, workshop: Home, windows: Windows) -> None:
    page, watch = windows.page(None, size)
    guild = UUID(workshop.clara.guild["id"])
    answer = page.goto(acts.off_link(OffTicket(guild, None, UUID(int=1))))
    assert answer
    assert answer.status == 404
    seen(page, watch, "off-nothing", size)
    page.close()


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_letter_is_sound(
    signs: None, language: str, size: str, tmp_path: Path, windows: Windows
) -> None:
    due_at = datetime(2026, 6, 12, 17, 30, tzinfo=UTC)
    where = acts.off_link(OffTicket(UUID(int=1), UUID(int=2), UUID(int=3)))
    message = Message(
        key="k",
        address="clara@example.org",
        recipient="Clara",
        guild="Larkspur House",
        title="Put the bins out",
        body="Yellow and brown this week.\nThe key to the yard hangs behind the door.",
        url="https://home.example/g/larkspur-house/reminders/019ee0a4-0000-7000-8000-000000000000/",
        inbox_url="https://home.example/g/larkspur-house/inbox/",
        due_at=due_at,
        late_by=timedelta(minutes=11),
        locale=language,
        time_zone="Europe/Berlin",
        links=Links(where, where, where),
        off_url=where,
    )
    letter = compose(message, "<k@home.example>")
    [(html, _kind)] = letter.alternatives
    page, watch = windows.page(None, size)
    address = f"{urlsplit(where).scheme}://{urlsplit(where).netloc}/letter/"
    page.route(address, lambda route: route.fulfill(body=str(html), content_type="text/html"))
    page.goto(address)
    # A mail program puts it into a page of its own, with landmarks of its own.
    wrong = [one for one in look(page, f"letter-{language}-{size}", watch) if PAGES_OWN not in one]
    assert wrong == []
    assert sideways(page) == []
    page.close()
