"""`requests`, watched while a message of ours is under way: what it is answered, and how it fails.

Each request has the message's key then, takes no proxy of the environment, reads a bounded answer
and ends with the trip.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import orjson

from config.web.outbound import Trip

MOST_READ = 64 * 1024
IDS = ("id", "message_id", "event_id", "ts")


class Call:
    """The requests of one message: what each was answered, or what it failed with."""

    def __init__(self, trip: Trip, key: str) -> None:
        self.trip, self.key = trip, key
        self.provider_id = ""
        self.failure: tuple[int, str | None] | BaseException | None = None
        self._count = 0

    def next_key(self) -> str:
        """Another for each request: a login and a message are not each other's repetition."""
        self._count += 1
        return self.key if self._count == 1 else f"{self.key}-{self._count}"

    def answered(self, status: int, retry_after: str | None, body: bytes) -> None:
        if 200 <= status < 300:
            self.provider_id = _id_in(body) or self.provider_id
        else:
            self.failure = (status, retry_after)

    def failed(self, error: BaseException) -> None:
        self.failure = error


_call: ContextVar[Call | None] = ContextVar("call", default=None)


@contextmanager
def watched(trip: Trip, key: str) -> Iterator[Call]:
    call = Call(trip, key)
    token = _call.set(call)
    try:
        yield call
    finally:
        _call.reset(token)


def _id_in(body: bytes) -> str:
    """What the service calls the message, where it says so in JSON."""
    try:
        said = orjson.loads(body)
    except ValueError:
        return ""
    said = said.get("result", said) if isinstance(said, dict) else {}
    found = [said[name] for name in IDS if name in said] if isinstance(said, dict) else []
    return str(found[0])[:255] if found else ""


@cache
def watch_requests() -> None:
    """Make every connection that `requests` opens one of ours; outside a call it is as ever."""
    import requests

    class Watched(requests.adapters.HTTPAdapter):
        def send(self, request: Any, *args: Any, **how: Any) -> Any:
            call = _call.get()
            if call is None:
                return super().send(request, *args, **how)
            request.headers["Idempotency-Key"] = call.next_key()
            left = max(call.trip.seconds_left, 0.01)
            how |= {"stream": True, "timeout": left, "proxies": None}
            try:
                answer = super().send(request, *args, **how)
                body = _bounded(answer)
                if call.trip.late:
                    raise requests.ReadTimeout("cut")
            except (requests.RequestException, OSError) as error:
                call.failed(error)
                raise
            call.answered(answer.status_code, answer.headers.get("Retry-After"), body)
            return answer

    # Where its sessions look it up.
    sessions: Any = requests.sessions
    sessions.HTTPAdapter = Watched


def _bounded(answer: Any) -> bytes:
    """The answer's body, read no further than is needed to make sense of it."""
    read = bytearray()
    for chunk in answer.iter_content(8192):
        read += chunk
        if len(read) >= MOST_READ:
            answer.close()
            break
    answer._content = bytes(read[:MOST_READ])
    return bytes(answer._content)
