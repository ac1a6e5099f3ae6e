"""How the parts of the installation are, one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypedDict

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from redis import RedisError

from config.web.live import valkey
from operations.models import Heartbeat

APPLIED_SECONDS = 60.0
_applied_until = 0.0


class Component(TypedDict, total=False):
    ok: bool
    instances: list[str]


def components() -> dict[str, Component]:
    """Database, migrations, Valkey, worker and beat; what cannot be asked is not well."""
    signs = _signs_of_life()
    return {
        "database": {"ok": signs is not None},
        "migrations": {"ok": signs is not None and _is_fine(_are_migrations_applied)},
        "valkey": {"ok": _is_fine(lambda: bool(valkey().ping()))},
        "worker": _process(Heartbeat.Process.WORKER, signs),
        "beat": _process(Heartbeat.Process.BEAT, signs),
    }


def _signs_of_life() -> list[tuple[str, str]] | None:
    """Process and run of every fresh sign, or None when the database does not answer."""
    try:
        return list(Heartbeat.objects.fresh().values_list("process", "instance"))
    except DatabaseError:
        return None


def _process(process: Heartbeat.Process, signs: list[tuple[str, str]] | None) -> Component:
    instances = [instance for name, instance in signs or [] if name == process]
    return {"ok": bool(instances), "instances": instances}


def _is_fine(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except (DatabaseError, RedisError):
        return False


def _are_migrations_applied() -> bool:
    """Asked of the database at most once a minute: reading the migrations takes a while."""
    global _applied_until  # noqa: PLW0603  One memory per process is meant.
    if time.monotonic() < _applied_until:
        return True
    executor = MigrationExecutor(connections["default"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _applied_until = time.monotonic() + APPLIED_SECONDS
    return True
