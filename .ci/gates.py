"""Runs every gate in order, one line each, then pytest; with arguments pytest alone.

The environment names throw-away servers. The exit code is 0 when everything passed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
# The check is about a site that is reached from outside and sends mail.
DEPLOYED = ["BASE_URL=https://home.example", "EMAIL_URL=smtp://localhost"]


class Outcome(NamedTuple):
    name: str
    seconds: float
    output: str
    passed: bool


def gates() -> dict[str, list[str]]:
    """Commands by the name they are reported under."""
    templates = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]
    return {
        "format": [str(BIN / "ruff"), "format", "--check", "."],
        "lint": [str(BIN / "ruff"), "check", "."],
        "templates": [str(BIN / "djade"), "--check", "--target-version", "6.1", *templates],
        "import contracts": [str(BIN / "lint-imports"), "--no-cache"],
        "types": [str(BIN / "mypy"), "."],
        "deployment": ["env", *DEPLOYED, *MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
        "migrations: none missing": [*MANAGE, "makemigrations", "--check", "--dry-run"],
        "migrations: there and back": [sys.executable, ".ci/reversible.py"],
        "OpenAPI": [*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
        "German texts": [*MANAGE, "catalogues", "--check"],
    }


def run(name: str, command: list[str]) -> Outcome:
    began = time.monotonic()
    answer = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(name, time.monotonic() - began, answer.stdout, answer.returncode == 0)


def run_gates() -> list[str]:
    """The names of the gates that failed, after a line for each and the words of those."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda gate: run(*gate), gates().items()):
            verdict = "passed" if outcome.passed else "FAILED"
            print(f"{verdict}  {outcome.name}  ({outcome.seconds:.1f} s)", flush=True)
            if not outcome.passed:
                failed.append(outcome.name)
                print(outcome.output.rstrip(), flush=True)
    if failed:
        print(f"Gates that failed: {', '.join(failed)}", flush=True)
    return failed


def main(arguments: list[str]) -> int:
    failed = [] if arguments else run_gates()
    # pytest comes last: its summary is what the reader looks for.
    tests = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False)
    return tests.returncode or int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
