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
NOT_BEFORE_HOUR = 3
# The keys without which encrypted fields and sessions are lost, from the environment: the worker
# may not read the folder. The passwords of the database are the new installation's own.
SECRETS = {
    "secrets/secret_key": "SECRET_KEY",
    "secrets/encryption_keys": "ENCRYPTION_KEYS",
    "secrets/jwt_private_key.pem": "JWT_PRIVATE_KEY",
}
LOCK = 0x6775696C64  # "guild"


def back_up(data: DataFolder, url: str, target: Path, *, at: datetime) -> Path:
    """The finished backup; it holds the keys of the house and is for its owner alone."""
    if target.exists():
        raise CannotStart(f"{target} is already there.")
    half = target.with_name(f".{target.name}.{os.getpid()}")
    dump = half.with_name(f"{half.name}.dump")
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
        for leftover in (dump, half):
            leftover.unlink(missing_ok=True)


def back_up_nightly(data: DataFolder, url: str, *, at: datetime) -> Path | None:
    """The backup of this night, unless it is made, too early or just being made; the 8th goes."""
    target = data.backup / f"{NIGHTLY}{at.date().isoformat()}.tar"
    if target.exists() or at.hour < NOT_BEFORE_HOUR:
        return None
    with _alone(url) as is_alone:
        if not is_alone:
            return None
        made = back_up(data, url, target, at=at)
    for old in sorted(data.backup.glob(f"{NIGHTLY}*.tar"))[:-KEEP_NIGHTLY]:
        old.unlink()
    return made


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
def _alone(url: str) -> Iterator[bool]:
    """Whether no other worker makes this backup at the same time."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        yield row == (True,)
