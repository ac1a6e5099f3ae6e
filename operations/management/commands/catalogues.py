"""Compiles the translations, or says with --check which texts have none."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.catalogues import catalogues, compile_changed, untranslated
from operations.texts import all_texts


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when a text is missing")

    def handle(self, *, check: bool, **_: Any) -> None:
        compile_changed()
        if not check:
            return
        texts = all_texts()
        missing = [
            f"{path.parent.parent.name}: {text}"
            for path in catalogues()
            for text in untranslated(path, texts)
        ]
        if not catalogues():
            raise CommandError("There is no translation at all.")
        if missing:
            raise CommandError("\n".join(["Texts without a translation:", *missing]))
