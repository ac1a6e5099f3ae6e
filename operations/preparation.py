"""What must be true before the site runs: usable settings, a migrated database, static files."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg

from operations.bytecode import compile_code
from operations.catalogues import compile_changed
from operations.process import ROOMS, project
from operations.supervisor import Supervisor


def prepare_site(supervisor: Supervisor, environment: dict[str, str]) -> None:
    """Migrates and collects static files when anything changed since the last time."""
    data = supervisor.data
    compile_code()
    compile_changed()
    code = _digest(_sources())
    commands = {}
    if data.noted("migrated") != _migrated(code, environment):
        data.forget("migrated")
        commands["migrate"] = manage(
            "migrate", "--database", "owner", "--noinput", "--verbosity", "1"
        )
    static = _digest(_static_sources())
    if data.noted("static") != static or not (data.path / "static").is_dir():
        data.forget("static")
        commands["collectstatic"] = manage(
            "collectstatic", "--noinput", "--clear", "--verbosity", "0"
        )
    if not commands:
        return
    supervisor.say(f"Preparing: {', '.join(commands)}.")
    supervisor.run(commands, environment)
    data.note("migrated", _migrated(code, environment))
    data.note("static", static)


def manage(*words: str) -> list[str]:
    return [sys.executable, "-P", str(project() / "manage.py"), *words]


def _migrated(code: str, environment: Mapping[str, str]) -> list[str | None]:
    """Which code met which state of which database."""
    with psycopg.connect(environment["DATABASE_OWNER_URL"], connect_timeout=10) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return [code, None]
        row = connection.execute(
            "SELECT md5(string_agg(app || '.' || name, ',' ORDER BY app, name)) || "
            "(SELECT oid FROM pg_database WHERE datname = current_database()) "
            "FROM django_migrations"
        ).fetchone()
    return [code, row[0] if row else None]


def _sources() -> Iterable[Path]:
    """All our code: rights and policies are laid by code around the migrations, too."""
    yield project() / "uv.lock"
    for room in ROOMS:
        yield from (path for path in (project() / room).rglob("*.py") if "tests" not in path.parts)


def _static_sources() -> Iterable[Path]:
    yield project() / "uv.lock"
    yield project() / "config" / "web" / "static.py"
    yield from (path for path in (project() / "config" / "static").rglob("*") if path.is_file())


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256(sys.version.encode())
    for path in sorted(paths):
        total.update(str(path.relative_to(project())).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
