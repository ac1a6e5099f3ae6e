"""Every kind of process is killed while reminders fall due: none is lost, none is there twice."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from operations.process import project
from operations.tests.running import clean_environment

pytestmark = pytest.mark.slow


def test_whatever_dies_each_reminder_arrives_and_has_one_row() -> None:
    """The short form of `python -m bench.delivery.chaos`: each of them dies at least once."""
    command = [sys.executable, "-P", "-m", "bench.delivery.chaos"]
    answer = subprocess.run(
        [*command, "--kills", "11", "--reminders", "400", "--apart", "1.0"],
        cwd=project(),
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=240,
    )

    left = json.loads(answer.stdout)
    assert set(left["kills"]) == {
        *["worker-deliver", "worker-work", "beat", "web", "valkey", "flush", "postgres"]
    }
    assert left["rows"] == {"inbox sent": 400, "sink sent": 400}
    assert (left["lost"], left["unknown"]) == (0, 0)
    # Those that came twice had the same key: there are no more keys than reminders.
    assert left["duplicates"] <= left["bound"]
