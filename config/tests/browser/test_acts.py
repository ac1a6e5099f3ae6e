"""What each page is mainly for, done with a thumb and with a mouse."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from config.tests.browser.conftest import STREAM, Windows, listening, sign_in
from config.tests.browser.eyes import axe_violations, new_context, picture
from config.tests.browser.home import Home, soon, wait_for_inbox
from config.tests.loopback import loopback, says
from operations.tests.people import PASSWORD, Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def opened(windows: Windows, home: Home, size: str, path: str) -> Page:
    """The page of Anna's household at this path, once it hears of changes."""
    page, _watch = windows.page(home.anna, size)
    return listening(page, f"http://127.0.0.1:{home.anna.port}{home.path}{path}")


def unlike(words: str) -> str:
    """The words with something that no other test says."""
    return f"{words} {uuid4().hex[:6]}"


def row(page: Page, title: str) -> Locator:
    return page.locator("li.row").filter(has_text=title)


def toast(page: Page, words: str) -> Locator:
    return page.locator("#toasts .toast").filter(has_text=words)


def new_task(home: Home, **said: object) -> dict[str, str]:
    made: dict[str, str] = home.anna.post("tasks/", {"title": unlike("Sweep")} | said)
    return made


def test_adding_a_task_from_anywhere(size: str, workshop: Home, windows: Windows) -> None:
    page, title = opened(windows, workshop, size, "tasks/"), unlike("Feed the cat")
    if size == "phone":
        page.get_by_role("button", name="Add a task").click()
        field = page.get_by_label("What is to be done?")
        expect(field).to_be_focused()
        picture(page, f"adding-{size}")
    else:
        field = page.locator("#quick")
    field.fill(title)
    field.press("Enter")
    expect(toast(page, f"“{title}” is on the list.")).to_be_visible()
    expect(row(page, title)).to_be_visible()
    page.close()


def test_ticking_a_task_and_taking_it_back(size: str, workshop: Home, windows: Windows) -> None:
    task = new_task(workshop)
    page = opened(windows, workshop, size, "tasks/")
    page.get_by_role("button", name=f"Done: {task['title']}").click()
    expect(toast(page, "is done")).to_be_visible()
    assert workshop.anna.get(f"tasks/{task['id']}/")["status"] == "done"
    picture(page, f"ticked-{size}")
    toast(page, "is done").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=f"Done: {task['title']}")).to_have_attribute(
        "aria-pressed", "false"
    )
    assert workshop.anna.get(f"tasks/{task['id']}/")["status"] == "pending"
    page.close()


def test_filtering_tasks_by_the_address(size: str, workshop: Home, windows: Windows) -> None:
    urgent = new_task(workshop, priority="urgent")
    other = new_task(workshop)
    page = opened(windows, workshop, size, "tasks/")
    page.get_by_role("link", name="Important").click()
    expect(page).to_have_url(re.compile("priority=high"))
    expect(row(page, urgent["title"])).to_be_visible()
    expect(row(page, other["title"])).to_have_count(0)
    page.get_by_label("Search in tasks").fill(urgent["title"])
    page.get_by_label("Search in tasks").press("Enter")
    expect(page).to_have_url(re.compile("q=Sweep"))
    expect(page.locator("#task-list li.row")).to_have_count(1)
    page.close()


def test_editing_a_task(size: str, workshop: Home, windows: Windows) -> None:
    task, title = new_task(workshop), unlike("Mop")
    page = opened(windows, workshop, size, f"tasks/{task['id']}/")
    page.locator("#task-pane").get_by_role("link", name="Edit").click()
    page.get_by_label("What is to be done?").last.fill("")
    page.get_by_role("button", name="Save").click()
    # The browser itself holds an empty title back.
    expect(page).to_have_url(re.compile("/edit/$"))
    page.get_by_label("What is to be done?").last.fill(title)
    page.get_by_label("Clara").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator("#task-pane").get_by_text("Clara")).to_be_visible()
    assert workshop.anna.get(f"tasks/{task['id']}/")["title"] == title
    page.close()


def test_deleting_a_task_and_putting_it_back(size: str, workshop: Home, windows: Windows) -> None:
    task = new_task(workshop)
    page = opened(windows, workshop, size, f"tasks/{task['id']}/")
    page.locator("#task-pane").get_by_role("button", name="Delete").click()
    expect(toast(page, "is in the trash")).to_be_visible()
    page.goto(f"{workshop.anna.pages}tasks/trash/")
    row(page, task["title"]).get_by_role("button", name="Put back").click()
    expect(page.get_by_role("heading", name=task["title"])).to_be_visible()
    page.close()


def test_making_a_reminder(size: str, workshop: Home, windows: Windows) -> None:
    page, message = opened(windows, workshop, size, "reminders/"), unlike("Bins out")
    page.get_by_role("link", name="New reminder").click()
    page.get_by_label("What shall it say?").fill(message)
    page.get_by_label("Every week").check()
    page.get_by_label("Monday").check()
    page.get_by_label("Time", exact=True).fill("19:30")
    page.get_by_role("button", name="Show the next times").click()
    expect(page.locator("#five li")).to_have_count(5)
    picture(page, f"preview-{size}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#reminder-pane").get_by_role("heading", name=message)).to_be_visible()
    expect(toast(page, "Next:")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#reminder-pane").get_by_text("paused").first).to_be_visible()
    page.close()


def test_answering_the_inbox(size: str, workshop: Home, windows: Windows) -> None:
    first, second = unlike("Cake"), unlike("Bread")
    before = len(workshop.anna.get("inbox/?state=open")["results"])
    page = opened(windows, workshop, size, "inbox/")
    for message in (first, second):
        workshop.anna.post("reminders/", {"message": message, "frequency": "once", "at": soon()})
    wait_for_inbox(workshop.anna, before + 2)
    expect(row(page, second)).to_be_visible()
    row(page, first).get_by_role("button", name="Done").click()
    expect(row(page, first)).to_have_count(0)
    toast(page, "is done").get_by_role("button", name="Undo").click()
    expect(row(page, first)).to_have_count(1)
    row(page, second).get_by_role("button", name="In an hour").click()
    expect(toast(page, "You hear of it again")).to_be_visible()
    expect(row(page, second)).to_have_count(0)
    row(page, first).get_by_role("button", name="Another time").click()
    expect(row(page, first).get_by_label("Or when you like")).to_be_visible()
    picture(page, f"later-{size}")
    assert axe_violations(page) == []
    row(page, first).get_by_role("button", name="Tomorrow morning").click()
    expect(row(page, first)).to_have_count(0)
    page.close()


def test_inviting_and_changing_a_role(size: str, workshop: Home, windows: Windows) -> None:
    guest = Person(workshop.anna.port, "Guest", f"-{uuid4().hex[:6]}").sign_up()
    page = opened(windows, workshop, size, "members/")
    page.get_by_label("Role").select_option("viewer")
    # The page that shows the link is a new one.
    with page.expect_response(STREAM):
        page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Invitation link").input_value()
    picture(page, f"invited-{size}")
    guest.join({"code": link.rstrip("/").rsplit("/", 1)[-1]})
    expect(row(page, guest.name).first).to_be_visible()
    page.locator(f"a[href$='/members/{workshop.member(guest)}/']").click()
    page.get_by_label("Role").select_option("member")
    page.get_by_role("button", name="Save").click()
    expect(row(page, guest.name).filter(has_text="Member")).to_be_visible()
    assert guest.get("/api/v1/guilds/")["results"][0]["role"] == "member"
    workshop.anna.delete(f"members/{workshop.member(guest)}/")
    page.close()


def test_reverting_in_the_history(size: str, workshop: Home, windows: Windows) -> None:
    task = new_task(workshop)
    workshop.anna.patch(f"tasks/{task['id']}/", {"priority": "urgent"})
    page = opened(windows, workshop, size, f"history/?entity={task['id']}")
    expect(page.locator("#changes > li")).to_have_count(2)
    expect(page.locator("#changes > li").first).to_contain_text(task["title"])
    page.get_by_role("button", name="Revert").first.click()
    expect(toast(page, "Taken back.")).to_be_visible()
    assert workshop.anna.get(f"tasks/{task['id']}/")["priority"] == "medium"
    page.close()


def test_renaming_the_household(size: str, workshop: Home, windows: Windows) -> None:
    page, name = opened(windows, workshop, size, "settings/"), unlike("House")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save").click()
    expect(toast(page, "Saved.")).to_be_visible()
    expect(page.get_by_text(name).locator("visible=true").first).to_be_visible()
    page.close()


def test_switching_the_language_and_signing_out(
    size: str, workshop: Home, windows: Windows
) -> None:
    port = workshop.anna.port
    lena = Person(port, "Lena", f"-{uuid4().hex[:6]}").sign_up().found("Lindenhof")
    context = new_context(windows.browser, size)
    sign_in(context, lena)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/me/")
    page.get_by_label("Language", exact=True).select_option("de")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.goto(lena.pages)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    picture(page, f"german-{size}")
    page.locator("header button[popovertarget=me]").click()
    page.locator("#me form[action='/accounts/logout/'] button").click()
    page.wait_for_url(f"http://127.0.0.1:{port}/")
    page.goto(lena.pages)
    expect(page).to_have_url(re.compile("/accounts/login/"))
    context.close()


def test_a_first_visit_ends_in_a_household(size: str, workshop: Home, windows: Windows) -> None:
    context = new_context(windows.browser, size)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{workshop.anna.port}/")
    page.get_by_role("link", name="Start a household").click()
    page.get_by_label("What shall we call you?").fill("Nora")
    page.get_by_label("E-mail").fill(f"nora-{uuid4().hex[:6]}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_role("heading", name="Welcome, Nora")).to_be_visible()
    picture(page, f"first-visit-{size}")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.get_by_label("Name", exact=True).fill("Nora’s nest")
    page.get_by_role("button", name="Create it").click()
    expect(page.get_by_role("heading", name="Nora")).to_be_visible()
    picture(page, f"first-today-{size}")
    page.get_by_role("link", name="Write down a task").click()
    page.get_by_label("What is to be done?").last.fill("Hang up the coats")
    page.get_by_role("button", name="Write it down").click()
    expect(row(page, "Hang up the coats")).to_be_visible()
    context.close()


def test_adding_a_way_out_and_trying_it(size: str, workshop: Home, windows: Windows) -> None:
    name = unlike("Phone")
    with loopback() as site:
        page = opened(windows, workshop, size, "settings/")
        page.get_by_role("link", name="How you are told").click()
        page.get_by_role("link", name="Add a way").click()
        page.get_by_label("Address", exact=True).fill(f"ntfy://{site.place}/{uuid4().hex}")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Quiet from").fill("22:00")
        page.get_by_label("Quiet until").fill("06:30")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(row(page, name)).to_contain_text("quiet from 22:00 to 06:30")
        row(page, name).get_by_role("button", name="Send a test").click()
        expect(toast(page, f"“{name}” took the test.")).to_be_visible()
        expect(row(page, name)).to_contain_text("Test taken: today")
        assert site.asked[0].json["title"] == "A test from Guildhall"
        picture(page, f"way-tried-{size}")

        site.answers = [says(403)]
        row(page, name).get_by_role("button", name="Send a test").click()
        expect(row(page, name)).to_contain_text("The other side does not allow this (403).")
        assert axe_violations(page) == []
        picture(page, f"way-failed-{size}")

    row(page, name).get_by_role("button", name="Switch off").click()
    expect(row(page, name)).to_contain_text("Switched off since")
    toast(page, "Switched off").get_by_role("button", name="Undo").click()
    page.goto(f"{workshop.anna.pages}destinations/")
    expect(row(page, name).get_by_role("button", name="Switch off")).to_be_visible()
    page.close()


def test_an_address_that_leads_inwards_is_refused_while_typing(
    size: str, workshop: Home, windows: Windows
) -> None:
    page = opened(windows, workshop, size, "destinations/add/")
    page.get_by_label("Address", exact=True).fill("ntfy://192.168.1.1/cats")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("This leads into a private network")).to_be_visible()
    picture(page, f"way-refused-{size}")
    page.close()
