from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.tests.running import folder


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder for data folders."""
    with folder() as path:
        yield path
