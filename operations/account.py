"""Which user of the machine the servers run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from operations.errors import CannotStart

NAME = "guildhall"


class As(TypedDict, total=False):
    """The arguments of `subprocess` that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_mine(self) -> bool:
        return self.uid == os.geteuid()

    def as_user(self) -> As:
        """What `subprocess` needs to run something as this user."""
        if self.is_mine:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if not self.is_mine:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        return self._succeeds('test -x "$1"', folder)

    def can_run_site(self, python: Path, code: Path) -> bool:
        """Whether this user may run our Python and read our code; both may be in a closed home."""
        return self._succeeds('"$1" -I -c "" && test -r "$2"', python, code)

    def _succeeds(self, script: str, *words: Path) -> bool:
        answer = subprocess.run(
            ["/bin/sh", "-c", script, "sh", *map(str, words)],
            cwd="/",
            env={},
            check=False,
            stderr=subprocess.DEVNULL,
            **self.as_user(),
        )
        return answer.returncode == 0

    def require_way_to(self, path: Path, what: str) -> None:
        """CannotStart with the name of the closed folder unless this user reaches the path."""
        for step in [*reversed(path.parents), path]:
            if not self.can_enter(step):
                raise CannotStart(
                    f"{what} {path} cannot be reached by the user {self.name!r} that the servers"
                    f" run as: {step} is closed to it. Choose another place, or open that folder"
                    f" with: chmod o+x {step}"
                )


def account_for(database: Path) -> Account:
    """The user that the servers of this database folder run as."""
    if os.geteuid() != 0:
        return Account(_name(os.geteuid()), os.geteuid(), os.getegid())
    if database.exists() and (owner := database.stat().st_uid) != 0:
        return Account(_name(owner), owner, database.stat().st_gid)
    return _existing(NAME) or _created(NAME) or _existing("nobody") or _none()


def _existing(name: str) -> Account | None:
    try:
        return _account(pwd.getpwnam(name))
    except KeyError:
        return None


def _created(name: str) -> Account | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return None
    words = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run(
        [*words, "--shell", "/usr/sbin/nologin", name],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return _existing(name)


def _none() -> Account:
    raise CannotStart(
        f"As root the servers need a user of their own, and neither {NAME!r} nor 'nobody' exists. "
        f"Create one with: useradd --system {NAME}"
    )


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError as error:
        # initdb and peer authentication both ask the system for the name.
        raise CannotStart(
            f"PostgreSQL would run as the user number {uid}, who has no name on this machine."
        ) from error
