"""pg_dump and pg_restore as the owner of the database, embedded or given."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from operations.errors import CannotStart
from operations.postgres import program_path

VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def dump_database(url: str, target: Path) -> None:
    # Made here, for its owner alone: pg_dump would let everybody on the machine read it.
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    # Row security binds the owner, too. His own policy shows every row, and pg_dump must be told
    # to trust it.
    _run(
        "pg_dump", url, "--format=custom", "--enable-row-security", "--no-owner", f"--file={target}"
    )


def restore_database(url: str, source: Path) -> None:
    """All of the dump is in the database, or nothing."""
    name = str(conninfo_to_dict(url)["dbname"])
    _run(
        "pg_restore",
        url,
        *["--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={name}", str(source)],
    )


def applied_migrations(url: str) -> list[str]:
    """ "app.name" of each, or nothing for an empty database."""
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return []
        rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [str(name) for (name,) in rows]


def has_tables(url: str) -> bool:
    with psycopg.connect(url) as connection:
        known = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1")
        return known.fetchone() is not None


def server_version(url: str) -> str:
    with psycopg.connect(url) as connection:
        [version] = connection.execute("SHOW server_version").fetchone() or ["?"]
        return str(version)


def _run(program: str, url: str, *words: str) -> None:
    # By the environment and not as a word: everybody on the machine reads the words of a command.
    parts = conninfo_to_dict(url)
    variables = {VARIABLES[key]: str(value) for key, value in parts.items() if key in VARIABLES}
    answer = subprocess.run(
        [str(program_path(program)), "--no-password", *words],
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise CannotStart(f"{program} failed: {answer.stderr.strip()[-1000:]}")
