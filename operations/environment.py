"""The environment of every process of Guildhall: what was given from outside, completed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from operations import secrets
from operations.data import DataFolder
from operations.errors import CannotStart
from operations.postgres import Postgres
from operations.process import project
from operations.valkey import Valkey

DATABASES = {
    "DATABASE_URL": "guildhall_app",
    "DATABASE_SYSTEM_URL": "guildhall_system",
    "DATABASE_OWNER_URL": "guildhall_owner",
}
SERVERS = {*DATABASES, "REDIS_URL"}
VALKEY_SCHEMES = {"redis", "rediss", "unix"}


def uses_own_database(given: Mapping[str, str]) -> bool:
    """False when all three database variables are given; CannotStart when not usable."""
    present = [name for name in DATABASES if given.get(name, "").strip()]
    missing = [name for name in DATABASES if name not in present]
    if present and missing:
        raise CannotStart(
            f"{missing[0]} is not set although {present[0]} is. With your own PostgreSQL server"
            f" set all of {', '.join(DATABASES)},"
            " each like postgresql://role:password@host:5432/guildhall."
        )
    for name in present:
        parts = _split(given[name])
        if not parts or parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
            raise CannotStart(
                f"{name} must be like postgresql://role:password@host:5432/guildhall."
            )
    return not present


def uses_own_valkey(given: Mapping[str, str]) -> bool:
    """False when REDIS_URL is set; CannotStart when it cannot be used."""
    url = given.get("REDIS_URL", "").strip()
    if not url:
        return True
    parts = _split(url)
    if not parts or parts.scheme not in VALKEY_SCHEMES or not (parts.hostname or parts.path):
        raise CannotStart(
            "REDIS_URL must be like redis://host:6379/0, rediss://… or unix:///path/valkey.sock?db=0."
        )
    return False


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018  A number that is no port is found only by asking for it.
    except ValueError:
        return None
    return parts


def environment(
    data: DataFolder,
    given: Mapping[str, str],
    postgres: Postgres | None,
    valkey: Valkey | None,
) -> dict[str, str]:
    """What is given, plus the addresses of our own servers and the secrets of the data folder."""
    made = {"GUILDHALL_DATA": str(data.path), "PYTHONPATH": str(project()), "PYTHONUNBUFFERED": "1"}
    made |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    if postgres:
        made |= {name: postgres.url(role) for name, role in DATABASES.items()}
    if valkey:
        made["REDIS_URL"] = valkey.url()
    makers = {
        "SECRET_KEY": secrets.secret_key,
        "ENCRYPTION_KEYS": secrets.encryption_keys,
        "JWT_PRIVATE_KEY": secrets.jwt_private_key,
        "VAPID_PRIVATE_KEY": secrets.vapid_private_key,
    }
    kept = {name: make(data) for name, make in makers.items() if not given.get(name, "").strip()}
    return {**given, **made, **kept}


def given_environment() -> dict[str, str]:
    """Our own environment without what belongs to another installation's process."""
    return {name: value for name, value in os.environ.items() if name != "GUILDHALL_INSTANCE"}


def default_data(given: Mapping[str, str]) -> Path:
    return Path(given.get("GUILDHALL_DATA", "").strip() or project() / "var")
