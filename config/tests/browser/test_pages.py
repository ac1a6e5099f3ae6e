"""Every page on a phone and on a desk, by day and by night; the pictures are kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.tests.browser.conftest import Windows
from config.tests.browser.eyes import NARROW, look, sideways
from config.tests.browser.home import Home

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Path = Callable[[Home], str]

SIGNED_OUT: dict[str, Path] = {
    "landing": lambda _: "/",
    "sign-in": lambda _: "/accounts/login/",
    "sign-up": lambda _: "/accounts/signup/",
    "password-reset": lambda _: "/accounts/password/reset/",
    "password-reset-sent": lambda _: "/accounts/password/reset/done/",
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
    "inbox-all": lambda home: f"{home.path}inbox/?show=all",
    "members": lambda home: f"{home.path}members/",
    "member": lambda home: f"{home.path}members/{home.member(home.ben)}/",
    "myself-here": lambda home: f"{home.path}members/{home.member(home.anna)}/",
    "history": lambda home: f"{home.path}history/",
    "history-of-one": lambda home: f"{home.path}history/?entity={home.task['id']}",
    "settings": lambda home: f"{home.path}settings/",
    "me": lambda _: "/me/",
    "tokens": lambda _: "/me/tokens/",
    "addresses": lambda _: "/accounts/email/",
    "password": lambda _: "/accounts/password/change/",
    "sessions": lambda _: "/accounts/sessions/",
    "nothing-in-here": lambda home: f"{home.path}tasks/nothing/",
}
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


@pytest.mark.parametrize("name", ["today", "tasks", "reminders", "inbox", "members", "settings"])
def test_it_is_sound_for_a_viewer(name: str, home: Home, windows: Windows) -> None:
    page, watch = windows.page(home.dora, "phone")
    page.goto(f"http://127.0.0.1:{home.anna.port}{SIGNED_IN[name](home)}")
    assert look(page, f"viewer-{name}-phone", watch) == []
    page.close()


def test_the_eyes_see(home: Home, windows: Windows) -> None:
    """What these tests look for is found where it is."""
    page, watch = windows.page(None, "phone")
    page.goto(f"http://127.0.0.1:{home.anna.port}/")
    page.evaluate(PLANTED)
    found = " ".join(look(page, "planted", watch))
    for word in ("image-alt", "dark: color-contrast", "hangs out: <div", "console: ", "style-src"):
        assert word in found, word
    page.close()
