"""German is a third longer, and fits all the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from config.tests.browser.conftest import Windows
from config.tests.browser.eyes import NARROW, picture, sideways
from config.tests.browser.home import Home

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll(".places .place span")]
        .filter((one) => one.checkVisibility())
        .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
        .filter(([name, box]) => name && box.width);
    return boxes.slice(1).filter(([, box], index) => box.top === boxes[index][1].top
        && box.left < boxes[index][1].right + 1).map(([name]) => name);
}"""


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tasks/",
        "tasks/new/",
        "reminders/",
        "reminders/add/",
        "inbox/",
        "destinations/",
        "destinations/add/",
        "members/",
    ],
)
def test_it_fits_a_phone(path: str, workshop: Home, windows: Windows) -> None:
    ben = workshop.ben
    ben.patch("/api/v1/me/", {"locale": "de"})
    page, watch = windows.page(ben, "phone")
    for width in (390, NARROW):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"{ben.pages}{path}")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        assert sideways(page) == []
        assert page.evaluate(OVERLAPS) == []
    picture(page, f"german-{path.replace('/', '-') or 'today-'}narrow")
    assert watch.errors == []
    page.close()
