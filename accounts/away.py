"""When somebody is away, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Absence
from config.web.words import day


def away(absence: Absence, *, today: date) -> str:
    """away until Sunday · away tomorrow · away from Friday to Sunday"""
    first, last = day(absence.from_on, today=today), day(absence.until_on, today=today)
    if absence.from_on == absence.until_on:
        return _("away %(day)s") % {"day": first}
    if absence.from_on <= today:
        return _("away until %(day)s") % {"day": last}
    return _("away from %(first)s to %(last)s") % {"first": first, "last": last}


def next_by_member(absences: Iterable[Absence], *, today: date) -> dict[UUID, str]:
    """For each member the first of these absences, in words."""
    said: dict[UUID, str] = {}
    for absence in absences:
        said.setdefault(absence.member_id, away(absence, today=today))
    return said
