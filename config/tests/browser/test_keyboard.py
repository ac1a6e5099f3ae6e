"""The keyboard alone: an order that makes sense, a focus that is seen, keys that save the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from config.tests.browser.conftest import Windows
from config.tests.browser.home import Home

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MOST_STOPS = 60
# A field may show it on the line that holds it; within a date the browser marks the part itself.
FOCUSED = """async () => {
    const one = document.activeElement;
    if (one === document.body) return null;
    let box;
    // A busy machine paints late: half a second is soon enough to see where the focus went.
    for (let frame = 0; frame < 30; frame++) {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        box = one.getBoundingClientRect();
        if (box.bottom > 0 && box.top < innerHeight && box.width > 0) break;
    }
    const style = getComputedStyle(one);
    const line = getComputedStyle(one.closest(".quick-line") ?? one);
    const seen = one.matches("[type=date], [type=time]") || [style, line].some(
        (each) => each.outlineStyle !== "none" && parseFloat(each.outlineWidth) >= 2);
    return { name: one.ariaLabel || one.textContent.trim() || one.name || one.id, seen,
             inside: box.bottom > 0 && box.top < innerHeight && box.width > 0 };
}"""


def opened(home: Home, windows: Windows, path: str) -> Page:
    page, _watch = windows.page(home.anna, "desk")
    page.goto(f"{home.anna.pages}{path}")
    return page


@pytest.mark.parametrize("path", ["", "tasks/", "inbox/", "members/", "reminders/add/"])
def test_every_stop_is_seen_and_the_first_skips_to_the_content(
    path: str, home: Home, windows: Windows
) -> None:
    page = opened(home, windows, path)
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    assert stops[0]["name"] == "Skip to content"
    assert [stop["name"] for stop in stops if not stop["seen"]] == []
    assert [stop["name"] for stop in stops if not stop["inside"]] == []
    page.close()


def test_skipping_to_the_content(home: Home, windows: Windows) -> None:
    page = opened(home, windows, "tasks/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.close()


def test_q_adds_a_task_and_a_question_mark_shows_the_keys(workshop: Home, windows: Windows) -> None:
    page = opened(workshop, windows, "tasks/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("q")
    expect(page.locator("#quick")).to_be_focused()
    page.keyboard.type("Quiet question?")
    page.keyboard.press("Enter")
    expect(page.locator("li.row").filter(has_text="Quiet question?")).to_be_visible()
    page.close()


def test_a_tick_keeps_its_place(workshop: Home, windows: Windows) -> None:
    """Space on a check ticks it, and the next press takes it back."""
    task = workshop.anna.post("tasks/", {"title": "Shake out the rugs"})
    page = opened(workshop, windows, "tasks/")
    check = page.get_by_role("button", name="Done: Shake out the rugs")
    check.focus()
    page.keyboard.press("Space")
    expect(check).to_have_attribute("aria-pressed", "true")
    expect(check).to_be_focused()
    page.keyboard.press("Space")
    expect(check).to_have_attribute("aria-pressed", "false")
    assert workshop.anna.get(f"tasks/{task['id']}/")["status"] == "pending"
    page.close()


def test_nothing_moves_for_who_wants_no_motion(home: Home, windows: Windows) -> None:
    page = opened(home, windows, "")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((one) => {
            const { transitionDuration, animationDuration } = getComputedStyle(one);
            const longest = (text) => Math.max(...text.split(",").map(parseFloat));
            return longest(transitionDuration) > 0.001 || longest(animationDuration) > 0.001;
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert moving == []
    page.close()
