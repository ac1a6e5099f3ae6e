"""Migrates a scratch database up, every app of ours back to nothing, and up again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

OWNER = "owner"


def our_labels() -> list[str]:
    """Labels of the apps whose migrations are in this repository."""
    loader = MigrationLoader(None)
    return [
        config.label
        for config in apps.get_app_configs()
        if config.label in loader.migrated_apps
        and Path(config.path).is_relative_to(settings.BASE_DIR)
        and ".venv" not in Path(config.path).parts
    ]


def leftovers(labels: list[str]) -> list[str]:
    """Tables of ours that are still there."""
    ours = {
        model._meta.db_table
        for label in labels
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }
    return sorted(ours & set(connections[OWNER].introspection.table_names()))


def main() -> int:
    django.setup()
    # One scratch database for all three roles, which the hooks after a migration may use.
    connection = connections[OWNER]
    scratch = f"reversible_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{scratch}"')
    connection.close()
    home = connection.settings_dict["NAME"]
    for alias in connections:
        connections[alias].settings_dict["NAME"] = scratch
    try:
        return there_and_back()
    finally:
        for alias in connections:
            connections[alias].close()
        connection.settings_dict["NAME"] = home
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{scratch}" WITH (FORCE)')


def there_and_back() -> int:
    labels = our_labels()
    call_command("migrate", database=OWNER, verbosity=0)
    for label in labels:
        print(f"{label} to zero", flush=True)
        call_command("migrate", label, "zero", database=OWNER, verbosity=0)
    if left := leftovers(labels):
        print(f"Tables left behind: {', '.join(left)}")
        return 1
    call_command("migrate", database=OWNER, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
