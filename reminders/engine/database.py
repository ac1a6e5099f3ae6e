"""The engine's connection: set-based SQL across guilds, as guildhall_system."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.db import DataError, IntegrityError, connections

SYSTEM = "system"
OWNER = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid4().hex[:8]}"


def run(sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    """The rows that the statement returns."""
    with connections[SYSTEM].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """The rows as one list a column, the shape that `unnest` takes; there must be rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def run_each[Row: tuple[Any, ...]](
    sql: str, rows: Sequence[Row], *more: Any
) -> tuple[list[tuple[Any, ...]], list[Row]]:
    """What the statement returns for these rows, and those of them that PostgreSQL refuses: one
    that it cannot hold keeps none of the others back.
    """
    try:
        return run(sql, [*columns(rows), *more]), []
    except (DataError, IntegrityError, UnicodeError):
        if len(rows) == 1:
            return [], list(rows)
    half = len(rows) // 2
    first, one = run_each(sql, rows[:half], *more)
    second, other = run_each(sql, rows[half:], *more)
    return first + second, one + other


def forget() -> None:
    """Close this thread's connections, after an error or at its end."""
    connections.close_all()
