"""What the settings make of the environment, read by a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASK = "import config.settings as s; print(s.ALLAUTH_TRUSTED_PROXY_COUNT)"


def proxies(**variables: str) -> tuple[str, str]:
    """How many are trusted, and the last line of what stopped the start."""
    given = {k: v for k, v in os.environ.items() if k not in {"BEHIND_PROXY", "TRUSTED_PROXIES"}}
    command = [sys.executable, "-c", ASK]
    answer = subprocess.run(
        command, env=given | variables, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip(), answer.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, "0"),
        ({"BEHIND_PROXY": "1"}, "1"),
        ({"BEHIND_PROXY": "1", "TRUSTED_PROXIES": "2"}, "2"),
        ({"TRUSTED_PROXIES": "1"}, "1"),
    ],
)
def test_behind_a_proxy_one_is_trusted_unless_it_is_told(
    variables: dict[str, str], count: str
) -> None:
    """With none, all visitors would be one address: one stranger's tries lock everybody out."""
    assert proxies(**variables)[0] == count


def test_behind_a_proxy_none_is_no_number_of_proxies() -> None:
    _count, said = proxies(BEHIND_PROXY="1", TRUSTED_PROXIES="0")
    assert "TRUSTED_PROXIES must be a whole number from 1 to 9, not '0'." in said
