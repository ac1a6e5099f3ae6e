"""Compiles the translations; says with --check which texts have none, or one that does not fit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.catalogues import catalogues, compile_changed, faults
from operations.texts import all_texts


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="fail when a text is missing or wrong"
        )

    def handle(self, *, check: bool, **_: Any) -> None:
        compile_changed()
        if not check:
            return
        texts = all_texts()
        wrong = [
            f"{path.parent.parent.name}: {text}"
            for path in catalogues()
            for text in faults(path, texts)
        ]
        if not catalogues():
            raise CommandError("There is no translation at all.")
        if wrong:
            raise CommandError("\n".join(["Texts without a translation that fits:", *wrong]))
