"""Puts everything encrypted under the first of ENCRYPTION_KEYS; then the others can go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.rotation import rotate_all


class Command(BaseCommand):
    help = __doc__

    def handle(self, **_: Any) -> None:
        done, lost = rotate_all()
        self.stdout.write(f"{done} texts are under the newest key.")
        if lost:
            raise CommandError(f"{lost} texts are under none of ENCRYPTION_KEYS. Keep the old one.")
