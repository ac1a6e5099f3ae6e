"""When a failed send is tried again."""

from __future__ import annotations

import random
from datetime import timedelta

STEPS = [
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
]
GIVE_UP = timedelta(hours=24)
JITTER = 0.2


def pause_after(
    failures: int, *, age: timedelta, retry_after: timedelta | None = None
) -> timedelta | None:
    """How long to wait after so many failures (the last step repeats); None to give up, a day
    after it was due. What the provider asks for is honoured, and never cut short by jitter.
    """
    spread = 1 + JITTER * (2 * random.random() - 1)  # noqa: S311  # spreads load, keeps no secret
    pause = max(STEPS[min(failures, len(STEPS)) - 1] * spread, retry_after or timedelta())
    return pause if age + pause < GIVE_UP else None
