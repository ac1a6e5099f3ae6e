from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.web.fields import zones
from operations.demo import OWNER, PASSWORD, make_demo


class Command(BaseCommand):
    help = "Adds a small household to look at; harmless when it is there already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--time-zone", default=_own_zone(), help="its IANA time zone")
        parser.add_argument("--language", default=_own_language(), help="en or de")

    def handle(self, *_args: Any, **options: Any) -> None:
        made = make_demo(
            at=timezone.now(), time_zone=options["time_zone"], language=options["language"]
        )
        word = "is ready" if made else "was there already"
        self.stdout.write(f"Larkspur House {word}: sign in as {OWNER} with {PASSWORD}")


def _own_zone() -> str:
    """The time zone of this machine; UTC where it does not say."""
    # Django has put its own UTC into TZ.
    name = str(Path("/etc/localtime").resolve()).rpartition("zoneinfo/")[2]
    return name if name in zones() else "UTC"


def _own_language() -> str:
    """The language of this machine where there is a translation, else English."""
    said = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return said[:2] if said[:2] in dict(settings.LANGUAGES) else "en"
