"""How long `bin/up` takes on an empty folder and again, and how much memory it holds at rest.

    python bench/start.py

Packages must be installed already. The gates are 30 s, 15 s and 600 MiB.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
READY = "Guildhall is ready at"
REST_SECONDS = 20


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="guildhall-bench-"))
    try:
        for name, gate in (("empty folder", 30), ("again", 15)):
            up, seconds = start(folder)
            try:
                print(f"{name:14} ready after {seconds:5.1f} s (gate {gate})")
                if name == "again":
                    time.sleep(REST_SECONDS)
                    show_memory(up)
            finally:
                up.send_signal(signal.SIGTERM)
                up.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path) -> tuple[subprocess.Popen[str], float]:
    """The running supervisor, and how long it took until it said that it is ready."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [str(ROOT / "bin/up"), "--data", str(folder), "--port", str(port)]
    began = time.perf_counter()
    up = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert up.stdout is not None
    for line in up.stdout:
        if line.startswith(READY):
            return up, time.perf_counter() - began
    sys.exit("bin/up stopped before it was ready.")


def show_memory(up: subprocess.Popen[str]) -> None:
    root = psutil.Process(up.pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        mib = process.memory_full_info().pss / 2**20
        total += mib
        print(f"  {mib:6.1f} MiB  {' '.join(process.cmdline())[:70]}")
    print(f"at rest       {total:6.1f} MiB PSS (gate 600)")


if __name__ == "__main__":
    main()
