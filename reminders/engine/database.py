"""The engine's connection: set-based SQL across guilds, as guildhall_system."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.db import connections

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


def forget() -> None:
    """Close this thread's connections, after an error or at its end."""
    connections.close_all()
