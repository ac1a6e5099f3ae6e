from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from operations.demo import OWNER, PASSWORD, make_demo


class Command(BaseCommand):
    help = "Adds a small household to look at; harmless when it is there already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--time-zone", default="UTC", help="its IANA time zone")

    def handle(self, *_args: Any, **options: Any) -> None:
        made = make_demo(at=timezone.now(), time_zone=options["time_zone"])
        word = "is ready" if made else "was there already"
        self.stdout.write(f"Larkspur House {word}: sign in as {OWNER} with {PASSWORD}")
