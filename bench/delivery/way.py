"""How a worker reaches the sink: a plain POST, one connection a thread."""

from __future__ import annotations

import http.client
import os
import threading
from datetime import timedelta
from urllib.parse import urlsplit

from reminders.channels.base import Limits, Message, PassingFailure, Sent

CHANNEL = "sink"
_mine = threading.local()


def post(address: str, key: str, due: float) -> tuple[int, str]:
    """Status and Retry-After; OSError when nobody answers, even on a fresh connection."""
    parts = urlsplit(address)
    assert parts.hostname
    path = f"{parts.path}?{parts.query}&k={key}&due={due:.6f}"
    for fresh in (False, True):
        line = getattr(_mine, "line", None)
        if fresh or line is None:
            line = _mine.line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        try:
            line.request("POST", path, b"x")
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException):
            _mine.line = None
            if fresh:
                raise
    raise AssertionError


class SinkWay:
    concurrency = int(os.environ.get("BENCH_CONCURRENCY", "64"))
    # As plain as the control's.
    offers_acts = False
    # Kept, and wide enough to be in nobody’s way.
    limits = Limits(64, 10_000, 10_000, 128, 0, 0)

    def send(self, message: Message) -> Sent:
        try:
            status, after = post(message.address, message.key, message.due_at.timestamp())
        except (OSError, http.client.HTTPException) as error:
            raise PassingFailure(f"error:{type(error).__name__}") from error
        if status != http.client.OK:
            raise PassingFailure(str(status), timedelta(seconds=float(after or 0)))
        return Sent()
