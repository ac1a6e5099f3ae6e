"""The running API keeps to its document: no 5xx, and nothing that the document does not say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from operations.process import project
from operations.tests.people import Person
from operations.tests.running import Up

pytestmark = pytest.mark.slow
# They would end the calls' own key, membership or household: every answer after is a refusal.
LEFT_OUT = ["me_tokens_delete", "guilds_leave", "guilds_transfer", "guilds_delete"]
SETTINGS = """
[parameters]
"path.guild" = "{guild}"

[[operations]]
include-path-regex = "/tasks/{{id}}/"
parameters = {{ "path.id" = "{task}" }}

[[operations]]
include-path-regex = "/reminders/{{id}}/"
parameters = {{ "path.id" = "{reminder}" }}
"""


def test_it_answers_as_documented(house: Up, tmp_path: Path) -> None:
    paula = Person(house.port, "Paula").sign_up().found("Testing house")
    task = paula.post("tasks/", {"title": "Sweep"})
    rhythm = {"message": "Sweep", "frequency": "daily", "time": "07:30"}
    reminder = paula.post("reminders/", rhythm)
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(
        SETTINGS.format(guild=paula.guild["id"], task=task["id"], reminder=reminder["id"])
    )
    command = [
        *[str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(settings)],
        *["run", f"http://127.0.0.1:{house.port}/api/v1/schema/", "--no-color", "--workers", "2"],
        *["--header", f"Authorization: Bearer {paula.token}", "--phases", "coverage,fuzzing"],
        *["--seed", "1", "--generation-deterministic", "--max-examples", "5", "--no-shrink"],
        # What a schema cannot say (a time that is over, a zone that is none) is refused as well.
        *["--continue-on-failure", "--exclude-checks", "positive_data_acceptance"],
        *[part for name in LEFT_OUT for part in ("--exclude-operation-id", name)],
    ]
    run = subprocess.run(
        command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=300
    )
    report = project() / "test-results" / "contract.txt"
    report.parent.mkdir(exist_ok=True)
    report.write_text(run.stdout + run.stderr)
    assert run.returncode == 0, run.stdout[-6_000:] + run.stderr[-1_000:]
