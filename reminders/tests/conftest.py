"""What several of these tests send to; a file that needs another one has its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from config.tests import loopback
from config.tests.loopback import Loopback
from reminders.tests.pushing import Browser


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback.loopback() as site:
        yield site


@pytest.fixture
def phone(site: Loopback) -> Browser:
    return Browser(site)
