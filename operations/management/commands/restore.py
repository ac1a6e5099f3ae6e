"""Brings a backup into an empty installation: GUILDHALL_DATA=NEW bin/manage restore FILE"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.migrations.loader import MigrationLoader

from config.env import env_str
from operations.backup import restore
from operations.data import DataFolder
from operations.errors import CannotStart


class Command(BaseCommand):
    help = __doc__
    # The tables that checks may look at are not there yet.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_: Any) -> None:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        known = {f"{app}.{name}" for app, name in loader.disk_migrations}
        data = DataFolder(settings.DATA_DIR)
        try:
            manifest = restore(data, env_str("DATABASE_OWNER_URL"), file, known=known)
        except (CannotStart, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored the backup of {manifest.made_at} with {len(manifest.parts)} parts."
            " Start it with: bin/up --data " + str(data.path)
        )
