"""Backups: the database, the uploads and the keys of an installation in one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psycopg

from operations.archive import DUMP, Manifest, Reader, Writer
from operations.data import DataFolder
from operations.dump import (
    applied_migrations,
    dump_database,
    has_tables,
    restore_database,
    server_version,
)
from operations.errors import CannotStart

NIGHTLY = "guildhall-nightly-"
KEEP_NIGHTLY = 7
HALF = ".half"
NOT_BEFORE_HOUR = 3
# The keys without which encrypted fields and sessions are lost, from the environment: the worker
# may not read the folder. The passwords of the database are the new installation's own.
SECRETS = {
    "secrets/secret_key": "SECRET_KEY",
    "secrets/encryption_keys": "ENCRYPTION_KEYS",
    "secrets/jwt_private_key.pem": "JWT_PRIVATE_KEY",
    "secrets/vapid_private_key": "VAPID_PRIVATE_KEY",
}
LOCK = 0x6775696C64  # "guild"


def back_up(data: DataFolder, url: str, target: Path, *, at: datetime) -> Path:
    """The finished backup; it holds the keys of the house and is for its owner alone."""
    if target.exists():
        raise CannotStart(f"{target} is already there.")
    with _lock(url, wait=True):
        return _write(data, url, target, at)


def back_up_nightly(data: DataFolder, url: str, *, at: datetime) -> Path | None:
    """The backup of this night, unless it is made, too early or just being made; the 8th goes."""
    target = data.backup / f"{NIGHTLY}{at.date().isoformat()}.tar"
    if target.exists() or at.hour < NOT_BEFORE_HOUR:
        return None
    with _lock(url, wait=False) as is_mine:
        # Asked again: another worker may have made it before we had the lock.
        if not is_mine or target.exists():
            return None
        made = _write(data, url, target, at)
    for old in sorted(data.backup.glob(f"{NIGHTLY}*.tar"))[:-KEEP_NIGHTLY]:
        old.unlink()
    return made


def _write(data: DataFolder, url: str, target: Path, at: datetime) -> Path:
    """For the holder of the lock: half a backup that lies here is of one that was killed."""
    half = target.with_name(f".{target.name}{HALF}")
    dump = half.with_name(f"{half.name}.dump")
    _sweep(half, dump, *data.backup.glob(f".*{HALF}*"))
    try:
        dump_database(url, dump)
        manifest = Manifest(at.isoformat(), server_version(url), applied_migrations(url))
        with os.fdopen(os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            writer = Writer(file, manifest)
            writer.add(DUMP, dump)
            for name, variable in SECRETS.items():
                writer.add_text(name, f"{os.environ[variable].strip()}\n")
            for name, path in _uploads(data):
                # An upload may be deleted while we read.
                with suppress(FileNotFoundError):
                    writer.add(name, path)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        # Read again: a backup that cannot be read is none.
        Reader(half).close()
        return half.replace(target)
    finally:
        _sweep(half, dump)


def _sweep(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def restore(data: DataFolder, url: str, source: Path, *, known: set[str]) -> Manifest:
    """What was in the backup is in this empty installation; `known` are the migrations we have."""
    with Reader(source) as reader:
        return _restore(data, url, reader, known)


def _restore(data: DataFolder, url: str, reader: Reader, known: set[str]) -> Manifest:
    source = reader.path
    if newer := sorted(set(reader.manifest.migrations) - known):
        raise CannotStart(f"{source} was made by a newer release: it knows {newer[-1]}.")
    if has_tables(url) or any(data.files.iterdir()):
        raise CannotStart(
            f"The installation in {data.path} is not empty. Restore into a new folder:"
            " GUILDHALL_DATA=<new folder> bin/manage restore <file>"
        )
    dump = data.run / DUMP
    try:
        reader.extract(DUMP, dump)
        restore_database(url, dump)
    finally:
        dump.unlink(missing_ok=True)
    for name in [*reader.names("files"), *reader.names("secrets")]:
        reader.extract(name, data.path / name)
    _give_to_site(data.files)
    return reader.manifest


def _uploads(data: DataFolder) -> Iterator[tuple[str, Path]]:
    for path in sorted(data.files.rglob("*")):
        if path.is_file():
            yield f"files/{path.relative_to(data.files).as_posix()}", path


def _give_to_site(files: Path) -> None:
    """What root restored belongs to the user that the folder belongs to."""
    owner = files.stat()
    if owner.st_uid != os.geteuid():
        for path in files.rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid)


@contextmanager
def _lock(url: str, *, wait: bool) -> Iterator[bool]:
    """Whether nobody else makes a backup of this database until the end of the block."""
    try:
        connection = psycopg.connect(url, autocommit=True)
    except psycopg.Error as error:
        raise CannotStart(f"The database cannot be backed up: {error}") from error
    with connection:
        if wait:
            connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            yield True
        else:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
            yield row == (True,)
