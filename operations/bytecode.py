"""Our code as bytecode beside it, made by whoever starts the site.

The site runs as a user who may not write there: without this each of its processes would compile
every module anew whenever it starts, which takes longer than all the rest of a start. The packages
are compiled when they are installed.
"""

from __future__ import annotations

import compileall
import re
from pathlib import Path

from operations.process import ROOMS, project

TESTS = re.compile(r"[/\\]tests[/\\]")


def compile_code(root: Path | None = None) -> None:
    """What changed is compiled; where nobody may write, everything works as before, only slower."""
    for room in ROOMS:
        if (folder := (root or project()) / room).is_dir():
            compileall.compile_dir(folder, quiet=2, rx=TESTS)
