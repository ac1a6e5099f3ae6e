"""How the parts of the installation are, one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypedDict

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from redis import RedisError

from config.web.valkey import valkey
from operations.models import Heartbeat
from operations.process import mark

QUEUES = {"deliver", "work"}
APPLIED_SECONDS = 60.0
_applied_until = 0.0


class Component(TypedDict, total=False):
    ok: bool
    instances: list[str]


def components() -> dict[str, Component]:
    """Database, migrations, Valkey, worker and beat; what cannot be asked is not well."""
    signs = _signs_of_life()
    workers = [sign for sign in signs or [] if sign.process == Heartbeat.Process.WORKER]
    beats = [sign for sign in signs or [] if sign.process == Heartbeat.Process.BEAT]
    return {
        "database": {"ok": signs is not None},
        "migrations": {"ok": signs is not None and _is_fine(_are_migrations_applied)},
        "valkey": {"ok": _is_fine(lambda: bool(valkey().ping()))},
        "worker": {"ok": _are_served(QUEUES, workers), "instances": _instances(workers)},
        "beat": {"ok": bool(beats), "instances": _instances(beats)},
    }


def _signs_of_life() -> list[Heartbeat] | None:
    """Every fresh sign, or None when the database does not answer."""
    try:
        return list(Heartbeat.objects.fresh().order_by("instance"))
    except DatabaseError:
        return None


def _are_served(queues: set[str], workers: list[Heartbeat]) -> bool:
    return queues <= {queue for worker in workers for queue in worker.queues.split(",")}


def _instances(signs: list[Heartbeat]) -> list[str]:
    """One mark a run: strangers read this, and names tell of the machines."""
    return [mark(sign.instance) for sign in signs]


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
