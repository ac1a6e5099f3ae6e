"""The days of a month as the form offers them in one list: 15, the last one, the 2nd Tuesday."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from config.web import words
from reminders.models import Reminder

LAST = -1
# Monday first, as a week is read; the numbers are the API's.
WEEK = [1, 2, 3, 4, 5, 6, 0]


def month_days() -> list[tuple[str, Any]]:
    """The choices, in groups: `15`, `-1`, `2:4` for the second Thursday."""
    days = [(str(day), _("day %(day)s") % {"day": day}) for day in range(1, 32)]
    weekdays = [(f"{n}:{day}", _nth(n, day)) for n in (1, 2, 3, 4, 5, LAST) for day in WEEK]
    return [
        (_("Day"), [*days, (str(LAST), _("the last day"))]),
        (_("Day of the week"), weekdays),
    ]


def month_on(value: str) -> dict[str, Any]:
    """What the choice says, as the actions take it."""
    n, colon, day = value.partition(":")
    if colon:
        return {"month_day": None, "nth": int(n), "weekdays": [int(day)]}
    return {"month_day": int(n) if n else None, "nth": None}


def month_value(reminder: Reminder) -> str:
    """The choice that says what is stored."""
    if reminder.nth is not None:
        return f"{reminder.nth}:{reminder.weekdays[0]}"
    return str(reminder.month_day or "")


def _nth(n: int, day: int) -> str:
    said = {
        1: _("the 1st %(day)s"),
        2: _("the 2nd %(day)s"),
        3: _("the 3rd %(day)s"),
        4: _("the 4th %(day)s"),
        5: _("the 5th %(day)s, where there is one"),
        LAST: _("the last %(day)s"),
    }
    return said[n] % {"day": words.weekday(day)}
