"""What somebody chose and was stored, as far as this machine still knows it.

A zone goes with the tzdata it came from, a language with the release that spoke it; neither may
take a person's pages away.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils.translation import get_supported_language_variant


def zone_or(name: str, *others: str) -> ZoneInfo:
    """The first of these zones that this machine knows, else UTC."""
    for one in (name, *others):
        try:
            if one:
                return ZoneInfo(one)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # no zone, no name, a folder of zones
            continue
    return ZoneInfo("UTC")


def language_or(name: str, *others: str) -> str:
    """The first of these languages that we speak, else the usual one."""
    for one in (name, *others):
        try:
            return get_supported_language_variant(one)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
