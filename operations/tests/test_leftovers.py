"""What an earlier supervisor left behind is ended, and nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from operations.identity import Identity, began, group, identity
from operations.process import INSTANCE, end_leftover

STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGINT, signal.SIG_IGN);"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(flush=True); time.sleep(60)"
)


@contextmanager
def left_over(instance: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ignores INT, with a child of its own, in its own session."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN],
        env={**os.environ, INSTANCE: instance},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield process
        finally:
            if group(process.pid):
                os.killpg(process.pid, signal.SIGKILL)


def the(pid: int) -> Identity:
    found = identity(pid)
    assert found
    return found


def test_a_process_that_will_not_go_is_killed_with_its_children() -> None:
    with left_over("web-1") as process:
        assert len(group(process.pid)) == 2
        end_leftover(the(process.pid), "web-1", 0.3)
        assert process.wait(5) == -signal.SIGKILL
        assert group(process.pid) == []


def test_children_without_their_parent_are_ended_too() -> None:
    with left_over("web-2") as process:
        leader = the(process.pid)
        process.kill()
        process.wait()
        assert len(group(process.pid)) == 1
        end_leftover(leader, "web-2", 0.3)
        assert group(process.pid) == []


def test_a_stranger_who_has_the_number_now_is_left_alone() -> None:
    with left_over("someone-else") as process:
        end_leftover(Identity(process.pid, "an earlier moment"), "web-3", 0.3)
        time.sleep(0.2)
        assert process.poll() is None


def test_a_process_that_ended_has_no_beginning() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert began(process.pid) is None
    process.wait()
    assert began(process.pid) is None
