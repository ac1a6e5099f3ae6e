"""Which process is meant: a number alone may belong to another process by now."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Identity:
    """A process by its number and the moment it began."""

    pid: int
    began: str

    def is_alive(self) -> bool:
        return began(self.pid) == self.began


def identity(pid: int) -> Identity | None:
    """The process that has this number now, or None."""
    moment = began(pid)
    return Identity(pid, moment) if moment else None


def began(pid: int) -> str | None:
    """When the process began, in words that no later process repeats; None when there is none."""
    if not (PROC / "self").exists():
        return _ask_ps(pid, "lstart=")
    fields = _stat(pid)
    if fields is None or fields[0] in "ZX":
        return None
    # Ticks count from the boot of the machine, so the boot belongs to the name.
    return f"{(PROC / 'sys/kernel/random/boot_id').read_text().strip()}/{fields[19]}"


def group(leader: int) -> list[Identity]:
    """The living processes of the group that this number leads or once led."""
    if not (PROC / "self").exists():
        return [each] if (each := identity(leader)) else []
    members = []
    for entry in PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        fields = _stat(int(entry.name))
        if fields and int(fields[2]) == leader and (each := identity(int(entry.name))):
            members.append(each)
    return members


def command_line(pid: int) -> str:
    """The words the process was started with, or an empty text."""
    try:
        return (
            (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return _ask_ps(pid, "command=") or "" if not PROC.exists() else ""


def environment_of(pid: int) -> str:
    """The environment the process was started with, or an empty text."""
    try:
        return (PROC / str(pid) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the state on."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name in parentheses may itself hold spaces and parentheses.
    return text.rpartition(")")[2].split()


def _ask_ps(pid: int, column: str) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", column, "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    return answer.stdout.strip() or None
