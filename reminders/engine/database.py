"""The engine's connection: set-based SQL across guilds, as guildhall_system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakSet

from django.db import DataError, IntegrityError, connections

from config.web.sql import prepared_cursor

SYSTEM = "system"
Ask = Callable[[str, Any], list[tuple[Any, ...]]]
# Whose a lease is: this process.
OWNER = uuid4()


def run(sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    """The rows that the statement returns."""
    with connections[SYSTEM].cursor() as cursor:
        return _answer(cursor, sql, parameters)


# A plan that is kept is made when the tables may be empty, and a second later they hold ten
# thousand rows. So these statements find every row by its primary key alone or by the one index
# that is made for them, and no plan of theirs reads a table from end to end.
KEEP_PLANS = """
SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false)
"""
_told: WeakSet[Any] = WeakSet()


def run_kept(sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    """The same for what is asked over and over: PostgreSQL keeps it with its plan, which takes
    longer to make than a batch to send.
    """
    connection = connections[SYSTEM]
    with prepared_cursor(connection) as cursor:
        # A rollback would take it back.
        if connection.connection not in _told and not connection.in_atomic_block:
            cursor.execute(KEEP_PLANS)
            _told.add(connection.connection)
        return _answer(cursor, sql, parameters)


def _answer(cursor: Any, sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    cursor.execute(sql, parameters)
    return cursor.fetchall() if cursor.description else []


def columns(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The rows as one array a column, the shape that `unnest` takes; there must be rows."""
    return [_array(column) for column in zip(*rows, strict=True)]


def _array(column: tuple[Any, ...]) -> Any:
    ids = all(type(one) is UUID for one in column)
    return uuids(column) if ids else list(column)


def uuids(ids: Iterable[UUID]) -> str:
    """These as PostgreSQL reads an array; psycopg would ask each for its type first."""
    return "{" + ",".join([one.hex for one in ids]) + "}"


def run_each[Row: tuple[Any, ...]](
    sql: str, rows: Sequence[Row], *more: Any, ask: Ask = run
) -> tuple[list[tuple[Any, ...]], list[Row]]:
    """What the statement returns for these rows, and those of them that PostgreSQL refuses: one
    that it cannot hold keeps none of the others back.
    """
    try:
        return ask(sql, [*columns(rows), *more]), []
    except (DataError, IntegrityError, UnicodeError):
        if len(rows) == 1:
            return [], list(rows)
    half = len(rows) // 2
    first, one = run_each(sql, rows[:half], *more, ask=ask)
    second, other = run_each(sql, rows[half:], *more, ask=ask)
    return first + second, one + other


def forget() -> None:
    """Close this thread's connections, after an error or at its end."""
    connections.close_all()
