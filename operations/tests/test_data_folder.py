from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from operations.data import DataFolder, FolderInUse
from operations.errors import CannotStart
from operations.log import KEEP, Log
from operations.secrets import encryption_keys, secret_key


def test_a_secret_stays_the_same_and_is_for_its_owner_alone(place: Path) -> None:
    data = DataFolder(place / "var")
    data.prepare()
    first = secret_key(data)
    assert secret_key(DataFolder(place / "var")) == first
    assert stat.S_IMODE((data.secrets / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.secrets.stat().st_mode) == 0o700


def test_an_empty_secret_is_never_replaced_by_itself(place: Path) -> None:
    data = DataFolder(place / "var")
    data.prepare()
    (data.secrets / "encryption_keys").touch()
    with pytest.raises(CannotStart, match="encryption_keys is empty"):
        encryption_keys(data)


def test_one_owner_at_a_time(place: Path) -> None:
    one, other = DataFolder(place / "var"), DataFolder(place / "var")
    one.prepare()
    one.lock("one")
    with pytest.raises(FolderInUse, match=rf"in use by one \(process {os.getpid()}\)"):
        other.lock("other")
    one.unlock()
    other.lock("other")
    other.unlock()


def test_a_torn_note_reads_as_none(place: Path) -> None:
    data = DataFolder(place / "var")
    data.prepare()
    data.note("servers", {"sockets": "/there"})
    assert data.noted("servers") == {"sockets": "/there"}
    (data.run / "servers.json").write_text('{"sock')
    assert data.noted("servers") is None


def test_a_log_stays_small_and_keeps_its_last_lines(tmp_path: Path) -> None:
    log = Log(tmp_path / "web.log", max_bytes=100)
    for number in range(100):
        log.write(f"line {number:03}\n".encode())
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["web.log", *(f"web.log.{number}" for number in range(1, KEEP + 1))]
    assert all(path.stat().st_size <= 110 for path in tmp_path.iterdir())
    assert log.last[-1] == "line 099"
