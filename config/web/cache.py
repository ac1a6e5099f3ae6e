"""The cache in Valkey. With Valkey down it is empty, and nobody is kept from signing in by that."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from config.web.valkey import ask, client


def _or(nothing: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The method, answering `nothing` while Valkey does not answer."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def inner(*args: Any, **kwargs: Any) -> Any:
            otherwise = nothing() if callable(nothing) else nothing
            return ask(lambda: method(*args, **kwargs), otherwise, event="cache.away")

        return inner

    return decorate


class _Client(RedisCacheClient):
    """With the connections and the patience of the rest of the process."""

    _servers: list[str]

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:
        return client(self._servers[0])


class ForgivingCache(RedisCache):
    add = _or(True)(RedisCache.add)
    set = _or(None)(RedisCache.set)
    touch = _or(False)(RedisCache.touch)
    delete = _or(False)(RedisCache.delete)
    get_many = _or(dict)(RedisCache.get_many)
    has_key = _or(False)(RedisCache.has_key)
    set_many = _or(list)(RedisCache.set_many)
    delete_many = _or(None)(RedisCache.delete_many)

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default)(super().get)(key, default, version)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return _or(delta)(super().incr)(key, delta, version)
