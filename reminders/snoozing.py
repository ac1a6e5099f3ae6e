"""Until when something is put off: what is offered at this hour, and what may be asked for."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from config.web.chosen import zone_or
from config.web.errors import Refused
from config.web.wallclock import instant

MORNING, EVENING = time(8), time(18)
BY_NAME = ["evening", "morning", "week"]
MINUTES = [10, 60]


class Choice(NamedTuple):
    key: str
    label: str
    until: datetime


def choices(now: datetime, zone: str) -> list[Choice]:
    """What is offered, by the clocks of the reader's zone; what is over by now is left out."""
    labels = [_("In 10 min"), _("In an hour")]
    found = [
        Choice(str(minutes), label, now + timedelta(minutes=minutes))
        for minutes, label in zip(MINUTES, labels, strict=True)
    ]
    names = {
        "evening": _("This evening"),
        "morning": _("Tomorrow morning"),
        "week": _("Next week"),
    }
    found += [Choice(key, names[key], until) for key, until in _named(now, zone).items()]
    return found


def chosen(key: str, now: datetime, zone: str) -> datetime:
    """The instant behind one of the choices, or behind a number of minutes; raises Refused."""
    if key in BY_NAME:
        if key not in (named := _named(now, zone)):
            raise Refused(_("This time is over already."), "past", field="until")
        return named[key]
    if not (key.isascii() and key.isdecimal() and 0 < len(key) <= 6):
        raise Refused(_("Say for how many minutes."), "invalid", field="for")
    return now + timedelta(minutes=int(key))


def typed(text: str, zone: str) -> datetime:
    """The instant at which the reader's clocks show what she typed (2026-06-12T07:30)."""
    try:
        local = parse_datetime(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo:
        raise Refused(_("Say a day and a time."), "invalid", field="until")
    return instant(local.date(), local.time(), zone)


def _named(now: datetime, zone: str) -> dict[str, datetime]:
    today = now.astimezone(zone_or(zone)).date()
    monday = today + timedelta(days=7 - today.weekday())
    named = {
        "evening": instant(today, EVENING, zone),
        "morning": instant(today + timedelta(days=1), MORNING, zone),
        "week": instant(monday, MORNING, zone),
    }
    # On a Sunday next week begins tomorrow morning.
    if named["week"] == named["morning"]:
        del named["week"]
    return {key: until for key, until in named.items() if until > now}
