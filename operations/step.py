"""A command of the start that runs to its end: migrations, static files."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from operations.data import DataFolder
from operations.errors import CannotStart
from operations.process import kill_group


class Step:
    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], data: DataFolder
    ) -> None:
        self.name = name
        self.path = data.log / f"{name}.log"
        with self.path.open("wb") as output:
            self._popen = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """False after success; CannotStart with the end of what it said after a failure."""
        if self._popen.poll() is None:
            return True
        self._require_success()
        return False

    def close(self) -> None:
        """It does not run any more, whether or not it came to its end."""
        if self._popen.poll() is None:
            kill_group(self._popen.pid)
            self._popen.wait()

    def _require_success(self) -> None:
        if self._popen.returncode:
            lines = self.path.read_text(errors="replace").strip().splitlines()[-15:]
            # One line explains itself; more of them need the name of what failed.
            head = [] if len(lines) == 1 else [f"{self.name} failed. The end of {self.path}:"]
            raise CannotStart("\n".join(head + lines))
