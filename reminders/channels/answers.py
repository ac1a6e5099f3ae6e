"""What the answer of somebody else's web server, or its silence, means for a message."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from config.web.outbound import Trip
from reminders.channels.base import Gone, PassingFailure, PermanentFailure

LONGEST_PAUSE = timedelta(days=7)
# Besides 5xx: it took too long, it is too early, there were too many.
NOT_NOW = {408, 425, 429}
GONE = 410


def judge(status: int, retry_after: str | None = None) -> None:
    """Return for a message that was taken; else raise the failure that the status means."""
    reason = f"http:{status}"
    if 200 <= status < 300:
        return
    if status == GONE:
        raise Gone(reason)
    if status in NOT_NOW or status >= 500:
        raise PassingFailure(reason, pause_asked(retry_after))
    raise PermanentFailure(reason)


def pause_asked(retry_after: str | None) -> timedelta | None:
    """What Retry-After asks for, seconds or a date (RFC 9110 §10.2.3); None for nothing."""
    said = (retry_after or "").strip()
    if said.isascii() and said.isdecimal():
        return min(timedelta(seconds=int(said[:9])), LONGEST_PAUSE)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - datetime.now(UTC), timedelta()), LONGEST_PAUSE)


def failure_of(trip: Trip, error: BaseException | None) -> PassingFailure | PermanentFailure:
    """What it means that nobody answered."""
    if trip.refused == "address":
        return PermanentFailure("private_address")
    if trip.refused:
        return PermanentFailure("out_of_bounds")
    if trip.late or any("Timeout" in type(one).__name__ for one in _chain(error)):
        return PassingFailure("no_answer")
    if any(isinstance(one, ssl.SSLError) for one in _chain(error)):
        return PassingFailure("no_trust")
    return PassingFailure("unreachable")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it; libraries also keep that among their arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None)]
        waiting += [arg for arg in one.args if isinstance(arg, BaseException)]
        waiting = [it for it in waiting if isinstance(it, BaseException)]
