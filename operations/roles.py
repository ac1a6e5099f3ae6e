"""The database in an embedded server and its three roles, none of them above row security."""

from __future__ import annotations

import psycopg
from psycopg import sql

from operations.data import DataFolder
from operations.secrets import database_password

DATABASE = "guildhall"
ROLES = {
    "guildhall_owner": "CREATEDB",
    "guildhall_app": "NOCREATEDB",
    "guildhall_system": "NOCREATEDB",
}
ROLE = "{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION {} PASSWORD {}"


def ensure_roles(connection: psycopg.Connection, data: DataFolder) -> None:
    """The roles have the passwords of the data folder, and one of them owns the database."""
    for role, right in ROLES.items():
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        connection.execute(
            sql.SQL(ROLE).format(
                sql.SQL("ALTER" if known else "CREATE"),
                sql.Identifier(role),
                sql.SQL(right),
                sql.Literal(database_password(data, role)),
            )
        )
    known = connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
    ).fetchone()
    if known is None:
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER guildhall_owner")
        connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
    connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO guildhall_app, guildhall_system")


def close_schema(connection: psycopg.Connection) -> None:
    """Nobody but the owner makes tables in the database of this connection."""
    connection.execute("ALTER SCHEMA public OWNER TO guildhall_owner")
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
