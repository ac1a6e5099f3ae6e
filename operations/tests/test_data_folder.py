from __future__ import annotations

import os
import stat
import subprocess
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


def test_letters_are_for_the_site_alone(place: Path) -> None:
    data = DataFolder(place / "var")
    # As it was made once.
    (data.path / "secrets").mkdir(parents=True)
    data.mail.mkdir(mode=0o755)
    account = data.prepare()
    data.give_files_to(account)
    told = data.mail.stat()
    assert (told.st_uid, stat.S_IMODE(told.st_mode)) == (account.uid, 0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_the_site_lays_letters_down_and_others_read_none(place: Path) -> None:
    data = DataFolder(place / "var")
    account = data.prepare()
    data.give_files_to(account)

    def tries(user: int, group: int, script: str) -> int:
        command = ["/bin/sh", "-c", script, "sh", str(data.mail)]
        answer = subprocess.run(
            command, user=user, group=group, extra_groups=[], check=False, capture_output=True
        )
        return answer.returncode

    assert tries(account.uid, account.gid, 'echo hello > "$1/letter"') == 0
    assert tries(account.uid + 1, account.gid + 1, 'cat "$1/letter"') != 0
    assert tries(account.uid + 1, account.gid + 1, 'ls "$1"') != 0


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
