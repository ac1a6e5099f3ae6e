"""The data folder: everything of one household installation that must survive.

postgres/   the database          secrets/  keys and passwords, made once
files/      uploads               log/      one log per process
backup/     nightly backups       run/      what runs now
mail/       letters that no mail server takes
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from operations.account import Account, account_for
from operations.errors import CannotStart

FOLDERS = ["secrets", "log", "run", "files", "backup", "mail"]
# A fresh disk has this folder; it is no reason to call the place taken.
FOREIGN = {"lost+found"}


class DataFolder:
    """One data folder and the lock that lets one supervisor at a time own it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.postgres = self.path / "postgres"
        self.secrets = self.path / "secrets"
        self.log = self.path / "log"
        self.run = self.path / "run"
        self.files = self.path / "files"
        self.backup = self.path / "backup"
        self.mail = self.path / "mail"
        self._lock: int | None = None

    def prepare(self) -> Account:
        """The user that the servers run as; the folders are there and that user reaches them."""
        self._refuse_foreign()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for name in FOLDERS:
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
            # Earlier ones were open to everybody, and letters open accounts.
            self.mail.chmod(0o700)
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.path} cannot be made: {error.strerror}."
            ) from error
        account = account_for(self.postgres)
        self._close_to_others(account)
        account.require_way_to(self.path, "The data folder")
        return account

    def _refuse_foreign(self) -> None:
        """CannotStart for a folder that holds something else, so that nothing is mixed into it."""
        try:
            present = {entry.name for entry in self.path.iterdir()} - FOREIGN
        except FileNotFoundError:
            return
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.path} cannot be read: {error.strerror}."
            ) from error
        if present and "secrets" not in present:
            raise CannotStart(
                f"The folder {self.path} holds something else. Choose an empty one with --data."
            )

    def _close_to_others(self, account: Account) -> None:
        try:
            self.path.chmod(0o700 if account.is_mine else 0o711)
        except OSError as error:
            raise CannotStart(f"The data folder {self.path} belongs to another user.") from error

    def give_files_to(self, account: Account) -> None:
        """Uploads, backups and letters are the site's to write."""
        for folder in (self.files, self.backup, self.mail):
            account.give(folder)

    def lock(self, holder: str) -> None:
        """Makes the folder the holder's until this process ends, however it ends."""
        handle = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            other = os.pread(handle, 200, 0).decode(errors="replace").strip()
            os.close(handle)
            raise FolderInUse(
                f"The data folder {self.path} is already in use by {other}."
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{holder} (process {os.getpid()})".encode(), 0)
        self._lock = handle

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def note(self, name: str, value: Any) -> None:
        """The value is kept as JSON in run/, whole or not at all."""
        write_whole(self.run / f"{name}.json", json.dumps(value, indent=1).encode())

    def noted(self, name: str) -> Any:
        """What `note` kept, or None."""
        try:
            return json.loads((self.run / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return None

    def forget(self, name: str) -> None:
        with suppress(FileNotFoundError):
            (self.run / f"{name}.json").unlink()


class FolderInUse(CannotStart):
    """Another process owns the data folder."""


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """The file has this content, or still the old one after a crash."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
