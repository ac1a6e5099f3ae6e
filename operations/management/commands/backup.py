"""Writes the database, the uploads and the keys of this installation into one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.env import env_str
from operations.backup import back_up
from operations.data import DataFolder
from operations.errors import CannotStart


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="the file to write (default in the data folder)"
        )

    def handle(self, *, file: Path | None, **_: Any) -> None:
        data, now = DataFolder(settings.DATA_DIR), timezone.now()
        target = file or data.backup / f"guildhall-{now:%Y-%m-%dT%H%M%SZ}.tar"
        try:
            made = back_up(data, env_str("DATABASE_OWNER_URL"), target, at=now)
        except (CannotStart, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made} ({made.stat().st_size:,} bytes, every part checked)")
        self.stdout.write(
            "It holds the keys of this installation: keep it where only you can read it."
        )
