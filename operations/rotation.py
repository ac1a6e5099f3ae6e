"""The newest key for everything that is encrypted in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections

from accounts.models import Replay
from accounts.secrets import EncryptedField, InvalidToken, rotate

SYSTEM = "system"
BATCH = 500


def rotate_all() -> tuple[int, int]:
    """How many texts are under the newest key now, and how many no key opens."""
    counts = [_rotate(table, column) for table, column in _columns()]
    return sum(done for done, _ in counts), sum(lost for _, lost in counts)


def _columns() -> Iterator[tuple[str, str]]:
    """Table and column of each encrypted text."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedField):
                yield model._meta.db_table, str(field.column)
    # Bytes, which it encrypts by itself.
    yield Replay._meta.db_table, "body"


def _rotate(table: str, column: str) -> tuple[int, int]:
    done = lost = 0
    last: Any = "00000000-0000-0000-0000-000000000000"
    name = connections[SYSTEM].ops.quote_name
    table, column = name(table), name(column)
    with connections[SYSTEM].cursor() as cursor:
        while True:
            cursor.execute(
                f"SELECT id, {column} FROM {table} WHERE id > %s AND {column} <> ''"  # noqa: S608  # names of our own models
                f" ORDER BY id LIMIT {BATCH}",
                [last],
            )
            rows = cursor.fetchall()
            if not rows:
                return done, lost
            for pk, text in rows:
                new = _rotated(text)
                if new is None:
                    lost += 1
                    continue
                # One that was written meanwhile is under the newest key already.
                cursor.execute(
                    f"UPDATE {table} SET {column} = %s WHERE id = %s AND {column} = %s",  # noqa: S608  # likewise
                    [new, pk, text],
                )
                done += 1
            last = rows[-1][0]


def _rotated(kept: str | bytes | memoryview) -> str | bytes | None:
    """The same under the newest key, or None."""
    is_text = isinstance(kept, str)
    try:
        new = rotate(kept if isinstance(kept, str) else bytes(kept).decode())
    except InvalidToken:
        return None
    return new if is_text else new.encode()
