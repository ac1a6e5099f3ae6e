"""Looking at a page as whoever depends on it: errors, contrast, names, width, and a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from operations.process import project

PICTURES = project() / "test-results" / "browser"
SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "desk": {"viewport": {"width": 1440, "height": 900}},
}
NARROW = 320
# Chromium writes an error for a page that is not there; whether it should be is asked elsewhere.
OWN_STATUS = re.compile(r"^Failed to load resource: the server responded with a status of 4")
HANGS_OUT = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = (one) => one && (/auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX)
        && one !== document.body && one !== document.documentElement || scrolls(one.parentElement));
    return [...document.querySelectorAll("body *")]
        .filter((one) => one.checkVisibility({ visibilityProperty: true })
            && one.getBoundingClientRect().right > wide + 1 && !scrolls(one.parentElement))
        .map((one) => one.outerHTML.slice(0, 120));
}"""
# Without it a picture, and axe, may still see the colours of before.
PAINTED = """async () => {
    for (const _ of [1, 2]) await new Promise((done) => requestAnimationFrame(done));
    for (const one of document.getAnimations()) one.finish();
    await new Promise((done) => requestAnimationFrame(done));
}"""
axe = Axe()


def new_context(browser: Browser, size: str, **options: Any) -> BrowserContext:
    """A window of this size in an English household's zone, without motion."""
    own = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "reduced_motion": "reduce"}
    context = browser.new_context(**(SIZES[size] | own | options))
    context.set_default_timeout(15_000)
    return context


class Watch:
    """What the console of a page says that it should not; policy violations are among it."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        document = message.location.get("url", "").split("?")[0]
        own = OWN_STATUS.match(message.text) and "/static/" not in document
        if message.type == "error" and not own:
            self.errors.append(f"{message.text} ({document})")


def look(page: Page, name: str, watch: Watch) -> list[str]:
    """What is wrong with the page as it is shown, by day and by night; keeps pictures of both."""
    wrong = []
    PICTURES.mkdir(parents=True, exist_ok=True)
    for light in ("light", "dark"):
        page.emulate_media(color_scheme=light)
        page.evaluate(PAINTED)
        wrong += [f"{light}: {one}" for one in axe_violations(page, only_colours=light == "dark")]
        page.screenshot(path=PICTURES / f"{name}-{light}.png", full_page=True)
    wrong += [f"hangs out: {one}" for one in sideways(page)]
    wrong += [f"console: {one}" for one in watch.errors]
    return wrong


def axe_violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """Rule and place of each, with what is wrong there."""
    # By night only colours differ; the other rules take most of the time.
    some = {"runOnly": ["color-contrast"]} if only_colours else {}
    found = axe.run(page, options={"resultTypes": ["violations"]} | some).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """What makes the page wider than the window."""
    found: list[str] = page.evaluate(HANGS_OUT)
    size = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return found or (["the page"] if page.evaluate(size) else [])


def picture(page: Page, name: str) -> Path:
    path = PICTURES / f"{name}.png"
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    return path
