from __future__ import annotations

from collections.abc import Iterator

import pytest

from operations.tests.running import BIN_UP, Up, folder, up


@pytest.fixture(scope="session")
def house() -> Iterator[Up]:
    """A running Guildhall on servers of its own, one for the whole session."""
    with (
        folder() as path,
        up(BIN_UP, path / "var", RATE_LIMITS="0", OUTBOUND_ALLOW="127.0.0.1/32") as running,
    ):
        running.wait_until_ready(180)
        yield running
        assert running.stop() == 0
