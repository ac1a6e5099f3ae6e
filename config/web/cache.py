"""The cache in Valkey. With Valkey down it is empty, and nobody is kept from signing in by that."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import redis
import structlog
from django.core.cache.backends.redis import RedisCache

log = structlog.get_logger("guildhall.cache")


def _or(nothing: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The method, answering `nothing` while Valkey does not answer."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def inner(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except redis.RedisError as error:
                log.warning("cache.away", error=type(error).__name__)
                return nothing() if callable(nothing) else nothing

        return inner

    return decorate


class ForgivingCache(RedisCache):
    add = _or(True)(RedisCache.add)
    set = _or(None)(RedisCache.set)
    touch = _or(False)(RedisCache.touch)
    delete = _or(False)(RedisCache.delete)
    get_many = _or(dict)(RedisCache.get_many)
    has_key = _or(False)(RedisCache.has_key)
    set_many = _or(list)(RedisCache.set_many)
    delete_many = _or(None)(RedisCache.delete_many)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default)(super().get)(key, default, version)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return _or(delta)(super().incr)(key, delta, version)
