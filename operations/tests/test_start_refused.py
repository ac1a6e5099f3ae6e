"""What `bin/up` cannot work with ends it with one clear line and code 1."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from operations.environment import DATABASES
from operations.tests.running import stand_in, up


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"DATABASE_URL": "postgresql://a@b/c"}, "DATABASE_SYSTEM_URL is not set although"),
        (
            {"REDIS_URL": "redis://127.0.0.1:1/0"},
            "REDIS_URL leads to no Valkey or Redis: Error 111",
        ),
        (
            dict.fromkeys(DATABASES, "postgresql://ada:secret@127.0.0.1:1/guildhall"),
            "DATABASE_URL leads to no database: connection failed",
        ),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL must be like redis://host:6379/0,"),
        ({"SIGNUP": "maybe"}, "SIGNUP must be one of invite, open, not 'maybe'."),
        ({"BASE_URL": "home"}, "BASE_URL must be like https://home.example, not 'home'."),
        ({"RATE_LIMITS": "some"}, "RATE_LIMITS must be 1 or 0, not 'some'."),
        (
            {"VAPID_PRIVATE_KEY": "c2hvcnQ"},
            "VAPID_PRIVATE_KEY must be the 32 bytes of a P-256 key in URL-safe base64.",
        ),
        (
            {"VAPID_PUBLIC_KEY": "of-another-one"},
            "VAPID_PUBLIC_KEY must belong to VAPID_PRIVATE_KEY, or be left out.",
        ),
        (
            {"VAPID_SUBJECT": "me"},
            "VAPID_SUBJECT must be like mailto:you@home.example or https://home.example,",
        ),
        (
            {"OUTBOUND_ALLOW": "ntfy.lan,192.168.1.5/24"},
            "OUTBOUND_ALLOW must be networks and hosts like 192.168.1.0/24,ntfy.lan,",
        ),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    place: Path, variables: dict[str, str], line: str
) -> None:
    with up(stand_in("well"), place / "var", **variables) as running:
        assert running.exit_code() == 1
    assert line in running.lines[-1]


@pytest.mark.parametrize("port", ["0", "65536", "80a", "-1", "٨٠٠٠"])
def test_a_port_that_is_none_is_named(place: Path, port: str) -> None:
    with up(stand_in("well"), place / "var", f"--port={port}") as running:
        assert running.exit_code() == 1
    assert running.lines == [f"--port must be a whole number from 1 to 65535, not {port!r}."]


def test_a_host_that_is_not_ours_is_named(place: Path) -> None:
    with up(stand_in("well"), place / "var", "--host", "203.0.113.7") as running:
        assert running.exit_code() == 1
    assert running.lines == ["--host must be an address of this machine, not '203.0.113.7'."]


def test_a_folder_that_holds_something_else_is_left_alone(place: Path) -> None:
    (place / "letter.txt").write_text("Dear Ada")
    with up(stand_in("well"), place) as running:
        assert running.exit_code() == 1
    assert running.lines == [
        f"The folder {place} holds something else. Choose an empty one with --data."
    ]
    assert [path.name for path in place.iterdir()] == ["letter.txt"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_a_folder_that_the_servers_user_cannot_reach_is_named(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with up(stand_in("well"), closed / "var") as running:
        assert running.exit_code() == 1
    assert f"The data folder {closed / 'var'} cannot be reached by the user" in running.words
    assert f"{closed} is closed to it." in running.words


def test_a_database_of_another_release_is_named(place: Path) -> None:
    for name in ("secrets", "postgres"):
        (place / name).mkdir()
    (place / "postgres" / "PG_VERSION").write_text("17\n")
    with up(stand_in("well"), place) as running:
        assert running.exit_code() == 1
    assert "is of PostgreSQL 17, and this is PostgreSQL 18." in running.words
