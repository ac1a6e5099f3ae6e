"""Ends with code 1 and one line when the environment holds a value that cannot be used."""

from __future__ import annotations

import os
import sys

import psycopg
from django.core.exceptions import ImproperlyConfigured
from redis import Redis, RedisError

from operations.environment import DATABASES

CONNECT_SECONDS = 5


def main() -> int:
    line = refused_setting() or unreachable_database() or unreachable_valkey()
    if line:
        print(line)
    return int(bool(line))


def refused_setting() -> str | None:
    """What the settings say about a value they cannot use."""
    try:
        import config.settings  # noqa: F401  Reading it is the test.
    except ImproperlyConfigured as error:
        return str(error)
    return None


def unreachable_database() -> str | None:
    for name in DATABASES:
        try:
            psycopg.connect(os.environ[name], connect_timeout=CONNECT_SECONDS).close()
        except psycopg.Error as error:
            return f"{name} leads to no database: {' '.join(str(error).split())}"
    return None


def unreachable_valkey() -> str | None:
    try:
        with Redis.from_url(
            os.environ["REDIS_URL"], socket_connect_timeout=CONNECT_SECONDS
        ) as valkey:
            valkey.ping()
    except (RedisError, ValueError) as error:
        return f"REDIS_URL leads to no Valkey or Redis: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
