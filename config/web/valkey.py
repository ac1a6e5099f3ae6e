"""Valkey as a page meets it: it may be away, and then nobody waits for it, or once at most."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_SECONDS = 0.25
PAUSE_SECONDS = 5.0
log = structlog.get_logger("guildhall.valkey")
_asked_again_at = 0.0


def valkey() -> redis.Redis:
    return client(settings.REDIS_URL)


@cache
def client(url: str) -> redis.Redis:
    """The connection pool of this process."""
    return redis.Redis.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        # Once more, because a pool keeps connections to a Valkey that was started again since;
        # never after a silence.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def ask[T](question: Callable[[], T], otherwise: T, *, event: str) -> T:
    """The answer, or `otherwise` with a log line of that name while Valkey is away.

    A Valkey that hangs is not asked again for five seconds; one that refuses costs no time.
    """
    global _asked_again_at  # noqa: PLW0603  One memory per process is meant.
    if time.monotonic() < _asked_again_at:
        return otherwise
    try:
        return question()
    except redis.RedisError as error:
        if isinstance(error, redis.TimeoutError):
            _asked_again_at = time.monotonic() + PAUSE_SECONDS
        log.warning(event, error=type(error).__name__)
        return otherwise


def is_back() -> None:
    """Valkey was just heard, so it is asked again from now on."""
    global _asked_again_at  # noqa: PLW0603
    _asked_again_at = 0.0
