"""Connections that are kept from request to request."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from config.web.sql import prepared_cursor

pytestmark = pytest.mark.usefixtures("committed")


def one(cursor: Any) -> Any:
    with cursor as open_cursor:
        open_cursor.execute("SELECT pg_backend_pid()")
        return open_cursor.fetchone()[0]


def between_requests() -> None:
    """What Django does when a request begins."""
    vars(connection)["health_check_enabled"] = True
    connection.close_if_unusable_or_obsolete()


def end(backend: int) -> None:
    """As a restart of the server does."""
    parameters = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**parameters) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


@pytest.mark.parametrize("kept", [connection.cursor, lambda: prepared_cursor(connection)])
def test_one_that_the_server_ended_costs_no_request(kept: Any) -> None:
    before = one(kept())
    end(before)
    between_requests()
    assert one(kept()) != before


def test_one_that_stands_is_kept() -> None:
    before = one(connection.cursor())
    between_requests()
    with transaction.atomic():
        assert one(connection.cursor()) == before
