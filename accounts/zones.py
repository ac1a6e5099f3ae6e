"""Time zones to choose from, by part of the world."""

from __future__ import annotations

from functools import cache

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy

from config.web.fields import zones

# What somebody most likely means who says nothing but her language; script knows better.
BY_LANGUAGE = {"de": "Europe/Berlin"}


def likely_zone() -> str:
    return BY_LANGUAGE.get((get_language() or "en")[:2], "UTC")


@cache
def zone_choices() -> list[tuple[str | Promise, str | list[tuple[str, str]]]]:
    """All IANA zones for a select, in groups: Europe, then Berlin."""
    groups: dict[str, list[tuple[str, str]]] = {}
    alone: list[tuple[str, str]] = []
    for name in sorted(zones()):
        region, _slash, place = name.partition("/")
        if place:
            groups.setdefault(region, []).append((name, place.replace("_", " ")))
        elif name != "UTC":
            alone.append((name, name))
    return [("UTC", "UTC"), *groups.items(), (pgettext_lazy("time zones", "Other"), alone)]
