"""Headless Chromium of the machine, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright


def chromium_path() -> str:
    """Where Chromium is; skips the test without one, but never where CI runs."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed; .ci/run installs it.")
    assert found, "Chromium is missing."
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    # Its sandbox does not work as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
