"""Prints the table of gates: what is wanted, what was measured here, and whether that meets it.

.venv/bin/python -P -m bench.delivery                     all of it, about half an hour
.venv/bin/python -P -m bench.delivery burst --rounds 1    one line of it
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import sys

from bench.delivery.gates import GATES, Size, measure


def main() -> int:
    """0 when every gate is met."""
    parser = argparse.ArgumentParser(prog="python -m bench.delivery", description=__doc__)
    parser.add_argument("gates", nargs="*", metavar="GATE", help=f"of {', '.join(GATES)}")
    for one in dataclasses.fields(Size):
        parser.add_argument(f"--{one.name}", type=int, default=one.default, metavar="N")
    options = vars(parser.parse_args())
    names = options.pop("gates") or list(GATES)
    if unknown := set(names) - set(GATES):
        parser.error(f"no such gate: {', '.join(sorted(unknown))}")
    before = os.getloadavg()[0]
    lines = measure(names, Size(**options))
    load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {load}\n")
    print("| gate | wanted | measured | |\n|---|---|---|---|")
    for line in lines:
        print(
            f"| {line.gate} | {line.wanted} | {line.measured} | "
            f"{'met' if line.is_met else '**not met**'} |"
        )
    return int(not all(line.is_met for line in lines))


if __name__ == "__main__":
    sys.exit(main())
