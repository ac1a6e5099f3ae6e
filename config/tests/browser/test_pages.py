"""Every page on a phone and on a desk, by day and by night; the pictures are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import PurePath
from uuid import UUID

import pytest
from django.template.loader import render_to_string
from django.urls import resolve
from playwright.sync_api import expect

from config.tests.browser.conftest import Windows
from config.tests.browser.eyes import NARROW, look, sideways
from config.tests.browser.home import Home
from config.tests.test_guard_doors import patterns

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Path = Callable[[Home], str]

SIGNED_OUT: dict[str, Path] = {
    "landing": lambda _: "/",
    "sign-in": lambda _: "/accounts/login/",
    "sign-up": lambda _: "/accounts/signup/",
    "password-reset": lambda _: "/accounts/password/reset/",
    "password-reset-sent": lambda _: "/accounts/password/reset/done/",
    "password-reset-over": lambda _: "/accounts/password/reset/key/1-over/",
    "password-reset-done": lambda _: "/accounts/password/reset/key/done/",
    "address-to-confirm": lambda _: "/accounts/confirm-email/",
    "address-link-over": lambda _: "/accounts/confirm-email/over/",
    "account-off": lambda _: "/accounts/inactive/",
    "join": lambda home: f"/join/{home.invitation['code']}/",
    "join-over": lambda _: "/join/nothing-of-the-kind/",
    "nothing-here": lambda _: "/nothing/",
}
SIGNED_IN: dict[str, Path] = {
    "households": lambda _: "/g/",
    "today": lambda home: home.path,
    "tasks": lambda home: f"{home.path}tasks/",
    "tasks-filtered": lambda home: f"{home.path}tasks/?who=me&priority=high&q=piano",
    "tasks-done": lambda home: f"{home.path}tasks/?show=done",
    "task": lambda home: f"{home.path}tasks/{home.task['id']}/",
    "task-new": lambda home: f"{home.path}tasks/new/",
    "task-edit": lambda home: f"{home.path}tasks/{home.task['id']}/edit/",
    "task-trash": lambda home: f"{home.path}tasks/trash/",
    "reminders": lambda home: f"{home.path}reminders/",
    "reminder": lambda home: f"{home.path}reminders/{home.reminder['id']}/",
    "reminder-new": lambda home: f"{home.path}reminders/add/",
    "reminder-edit": lambda home: f"{home.path}reminders/{home.reminder['id']}/edit/",
    "reminder-trash": lambda home: f"{home.path}reminders/trash/",
    "inbox": lambda home: f"{home.path}inbox/",
    "digest": lambda home: f"{home.path}inbox/digest/",
    "deliveries": lambda home: f"{home.path}inbox/deliveries/",
    "deliveries-asked": lambda home: f"{home.path}inbox/deliveries/?q=piano+today&status=failed",
    "inbox-all": lambda home: f"{home.path}inbox/?show=all",
    "destinations": lambda home: f"{home.path}destinations/",
    "destination-new": lambda home: f"{home.path}destinations/add/",
    "destination": lambda home: f"{home.path}destinations/{home.way['id']}/",
    "members": lambda home: f"{home.path}members/",
    "member": lambda home: f"{home.path}members/{home.member(home.ben)}/",
    "myself-here": lambda home: f"{home.path}members/{home.member(home.anna)}/",
    "absence": lambda home: f"{home.path}absences/{home.absence['id']}/",
    "history": lambda home: f"{home.path}history/",
    "history-of-one": lambda home: f"{home.path}history/?entity={home.task['id']}",
    "settings": lambda home: f"{home.path}settings/",
    "me": lambda _: "/me/",
    "tokens": lambda _: "/me/tokens/",
    "addresses": lambda _: "/accounts/email/",
    "password": lambda _: "/accounts/password/change/",
    "sessions": lambda _: "/accounts/sessions/",
    "sign-out": lambda _: "/accounts/logout/",
    "still-you": lambda _: "/accounts/reauthenticate/",
    "nothing-in-here": lambda home: f"{home.path}tasks/nothing/",
}
# For machines, a piece of a page, and ways that lead elsewhere.
NO_PAGE = {
    "healthz",
    "readyz",
    "metrics",
    "reminders:count",
    "account_confirm_login_code",
    "account_set_password",
    # In test_links.py: each is for one row.
    "acts:act",
    "acts:off",
    "acts:service_worker",
    "acts:manifest",
}
OTHERS = ("api/", "admin/", "_allauth/")
WENT_WRONG = ["400.html", "403.html", "403_csrf.html", "429.html", "500.html"]
# The owner cannot leave; the page has no button for it, so this sends what one would.
LEAVE = """() => {
    const form = document.querySelector("main form").cloneNode();
    form.append(document.querySelector("[name=csrfmiddlewaretoken]").cloneNode());
    form.action = location.pathname + "remove/";
    document.body.append(form);
    form.submit();
}"""
PLANTED = """() => {
    const box = document.createElement("div");
    box.innerHTML = "<p class=pale>Hardly to be read</p><img src=/static/icon.svg>";
    box.style.width = "2000px";
    document.querySelector("main").append(box);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".pale { color: #777; background: #888 }");
    document.adoptedStyleSheets = [sheet];
    const style = document.createElement("style");
    style.textContent = "p { color: red }";
    document.head.append(style);
}"""


OF_A_VIEWER = ["today", "tasks", "reminders", "inbox", "destinations", "members", "settings"]


@pytest.mark.parametrize("name", SIGNED_OUT)
def test_it_is_sound_for_who_is_not_signed_in(
    name: str, size: str, home: Home, windows: Windows
) -> None:
    page, watch = windows.page(None, size)
    page.goto(f"http://127.0.0.1:{home.anna.port}{SIGNED_OUT[name](home)}")
    assert look(page, f"{name}-{size}", watch) == []
    if size == "phone":
        page.set_viewport_size({"width": NARROW, "height": 640})
        assert sideways(page) == []
    page.close()


@pytest.mark.parametrize("name", SIGNED_IN)
def test_it_is_sound_for_a_member(name: str, size: str, home: Home, windows: Windows) -> None:
    page, watch = windows.page(home.anna, size)
    page.goto(f"http://127.0.0.1:{home.anna.port}{SIGNED_IN[name](home)}")
    assert look(page, f"{name}-{size}", watch) == []
    if size == "phone":
        page.set_viewport_size({"width": NARROW, "height": 640})
        assert sideways(page) == []
    page.close()


@pytest.mark.parametrize("name", OF_A_VIEWER)
def test_it_is_sound_for_a_viewer(name: str, home: Home, windows: Windows) -> None:
    page, watch = windows.page(home.dora, "phone")
    page.goto(f"http://127.0.0.1:{home.anna.port}{SIGNED_IN[name](home)}")
    assert look(page, f"viewer-{name}-phone", watch) == []
    page.close()


@pytest.mark.parametrize("name", [*WENT_WRONG, "account/signup_closed.html"])
def test_it_is_sound_when_something_went_wrong(
    name: str, size: str, home: Home, windows: Windows
) -> None:
    page, watch = windows.page(None, size)
    address = f"http://127.0.0.1:{home.anna.port}/went-wrong/"
    page.route(address, lambda route: route.fulfill(body=door(name), content_type="text/html"))
    page.goto(address)
    assert look(page, f"{PurePath(name).stem}-{size}", watch) == []
    page.close()


def door(name: str) -> str:
    """The page as the handlers of errors write it: without a request."""
    return render_to_string(name)


def test_it_is_sound_where_an_act_is_refused(size: str, home: Home, windows: Windows) -> None:
    page, watch = windows.page(home.anna, size)
    page.goto(f"http://127.0.0.1:{home.anna.port}{SIGNED_IN['myself-here'](home)}")
    with page.expect_navigation():
        page.evaluate(LEAVE)
    expect(page.get_by_role("heading", name="That was not done")).to_be_visible()
    assert look(page, f"refused-{size}", watch) == []
    page.close()


def test_every_page_is_looked_at(home: Home, windows: Windows) -> None:
    """What answers a GET and is in no list above has been forgotten."""
    paths = [path(home).partition("?")[0] for path in (SIGNED_OUT | SIGNED_IN).values()]
    looked_at = NO_PAGE | {resolve(path).view_name for path in paths if "nothing" not in path}
    page, _watch = windows.page(home.anna, "desk")
    answers = {}
    for name, route, arguments, _view in patterns():
        if name in looked_at or route.startswith(OTHERS):
            continue
        address = route
        for argument in arguments:
            value = home.anna.guild["slug"] if argument == "slug" else str(UUID(int=0))
            address = re.sub(rf"<[^>]*\b{argument}>", value, address)
        answers[name] = page.request.get(f"http://127.0.0.1:{home.anna.port}/{address}").status
    page.close()
    assert {
        name for name, status in answers.items() if status != HTTPStatus.METHOD_NOT_ALLOWED
    } == set()


def test_the_eyes_see(home: Home, windows: Windows) -> None:
    """What these tests look for is found where it is."""
    page, watch = windows.page(None, "phone")
    page.goto(f"http://127.0.0.1:{home.anna.port}/")
    page.evaluate(PLANTED)
    found = " ".join(look(page, "planted", watch))
    for word in ("image-alt", "dark: color-contrast", "hangs out: <div", "console: ", "style-src"):
        assert word in found, word
    page.close()
