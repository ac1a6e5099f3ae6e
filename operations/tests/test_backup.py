from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations import backup
from operations.archive import Damaged, Manifest, Reader, Writer
from operations.backup import back_up, back_up_nightly, restore
from operations.data import DataFolder
from operations.dump import applied_migrations, dump_database
from operations.errors import CannotStart

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def data(place: Path) -> DataFolder:
    folder = DataFolder(place / "var")
    folder.prepare()
    (folder.files / "photo.txt").write_text("a picture")
    return folder


@pytest.fixture
def url() -> str:
    """The database of the throw-away servers, which holds nothing."""
    return os.environ["DATABASE_OWNER_URL"]


def test_it_keeps_seven_nights(data: DataFolder, url: str) -> None:
    for day in range(1, 11):
        assert back_up_nightly(data, url, at=NOON.replace(day=day))
    kept = sorted(path.name for path in data.backup.iterdir())
    assert kept == [f"guildhall-nightly-2026-03-{day:02}.tar" for day in range(4, 11)]


def test_a_night_is_backed_up_once_and_not_before_its_hour(data: DataFolder, url: str) -> None:
    assert back_up_nightly(data, url, at=NOON.replace(hour=2)) is None
    assert back_up_nightly(data, url, at=NOON.replace(hour=3))
    assert back_up_nightly(data, url, at=NOON) is None


def test_a_database_that_does_not_let_us_in_is_named(data: DataFolder, url: str) -> None:
    with pytest.raises(CannotStart, match=r"cannot be backed up: .*nobody_here"):
        back_up(data, url.replace("guildhall_owner", "nobody_here"), data.backup / "x", at=NOON)


def test_a_failed_backup_leaves_nothing_behind(
    data: DataFolder, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Asked for when the dump and the half of the file are there.
    monkeypatch.delenv("JWT_PRIVATE_KEY")
    with pytest.raises(KeyError):
        back_up(data, url, data.backup / "x", at=NOON)
    assert list(data.backup.iterdir()) == []


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
from operations import backup
from operations.data import DataFolder
backup.Reader = lambda path: os.kill(os.getpid(), 9)
at = datetime.fromisoformat(sys.argv[2])
backup.back_up_nightly(DataFolder(Path(sys.argv[1])), os.environ["DATABASE_OWNER_URL"], at=at)
"""


def test_what_a_killed_backup_left_is_swept_out_by_the_next(data: DataFolder, url: str) -> None:
    words = [sys.executable, "-c", KILLED, str(data.path), NOON.isoformat()]
    assert subprocess.run(words, check=False).returncode == -9
    assert len(list(data.backup.iterdir())) == 2
    made = back_up_nightly(data, url, at=NOON.replace(day=2))
    assert list(data.backup.iterdir()) == [made]


@pytest.mark.parametrize("position", [0.1, 0.5, 0.95])
def test_a_changed_byte_is_found(data: DataFolder, url: str, position: float) -> None:
    made = back_up(data, url, data.backup / "x.tar", at=NOON)
    content = bytearray(made.read_bytes())
    dump = Reader(made)
    size = sum(part.size_bytes for part in dump.manifest.parts.values())
    dump.close()
    content[512 + int(size * position * 0.5)] ^= 1
    made.write_bytes(content)
    with pytest.raises(Damaged, match="is no whole backup"):
        Reader(made)


def test_a_cut_backup_is_refused(data: DataFolder, url: str) -> None:
    made = back_up(data, url, data.backup / "x.tar", at=NOON)
    made.write_bytes(made.read_bytes()[:1000])
    with pytest.raises(Damaged):
        Reader(made)


def test_a_part_that_leads_out_of_the_folder_is_refused(place: Path) -> None:
    path, evil = place / "evil.tar", place / "evil"
    evil.write_text("ssh-rsa …")
    with path.open("wb") as file:
        writer = Writer(file, Manifest(NOON.isoformat(), "18", []))
        writer.add("files/../../evil", evil)
        writer.close()
    with pytest.raises(Damaged, match="leads out of it"):
        Reader(path)


def test_a_backup_of_a_newer_release_is_refused(data: DataFolder, url: str, place: Path) -> None:
    path = place / "new.tar"
    with path.open("wb") as file:
        Writer(file, Manifest(NOON.isoformat(), "18", ["tasks.0099_future"])).close()
    with pytest.raises(CannotStart, match=r"newer release: it knows tasks\.0099_future"):
        restore(data, url, path, known=set())


def test_an_installation_that_holds_something_is_left_alone(
    data: DataFolder, url: str, place: Path
) -> None:
    made = back_up(data, url, place / "x.tar", at=NOON)
    with pytest.raises(CannotStart, match="is not empty"):
        restore(data, url, made, known=set(applied_migrations(url)))


def test_a_format_of_another_release_is_refused(place: Path) -> None:
    path = place / "other.tar"
    text = json.dumps({"format": 2}).encode()
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    with pytest.raises(Damaged, match="format 2 of another release"):
        Reader(path)


def test_two_workers_make_one_backup(
    data: DataFolder, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: object) -> Path:
        assert back_up_nightly(data, url, at=NOON) is None
        return data.backup / "made"

    monkeypatch.setattr(backup, "_write", meanwhile)
    assert back_up_nightly(data, url, at=NOON) == data.backup / "made"


def test_who_comes_second_by_a_hair_skips_the_night(
    data: DataFolder, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = backup._lock

    def when_the_other_is_done(url: str, *, wait: bool) -> AbstractContextManager[bool]:
        monkeypatch.setattr(backup, "_lock", lock)
        assert back_up_nightly(data, url, at=NOON)
        return lock(url, wait=wait)

    monkeypatch.setattr(backup, "_lock", when_the_other_is_done)
    assert back_up_nightly(data, url, at=NOON) is None


def test_nobody_else_can_read_the_half_made_dump(
    data: DataFolder, url: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(url: str, target: Path) -> None:
        dump_database(url, target)
        seen.append(target.stat().st_mode & 0o777)

    monkeypatch.setattr(backup, "dump_database", look)
    back_up(data, url, place / "x.tar", at=NOON)
    assert seen == [0o600]
