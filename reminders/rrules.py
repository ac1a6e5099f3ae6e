"""An RRULE (RFC 5545 §3.3.10), read strictly: what it names, or a refusal that says what is wrong.

The time of day is the reminder's own, so nothing below a day can be said here. What the standard
forbids is refused as well: dateutil would pass over it, and the rule would mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NoReturn

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, weekday
from django.utils.translation import gettext as _

from config.web.errors import Refused

MOST_TEXT = 500
MOST_TIMES = 1000
FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
# What comes less often than every ten years is not awaited.
WIDEST = {DAILY: 3650, WEEKLY: 520, MONTHLY: 120, YEARLY: 10}
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
WHOLE = re.compile(r"[+-]?\d{1,4}", re.ASCII)
# The part, dateutil's name for it, the largest number, whether it counts from the end as well.
NUMBERS = {
    "BYMONTH": ("bymonth", 12, False),
    "BYMONTHDAY": ("bymonthday", 31, True),
    "BYYEARDAY": ("byyearday", 366, True),
    "BYWEEKNO": ("byweekno", 53, True),
    "BYSETPOS": ("bysetpos", 366, True),
}
ONLY_WITH = {
    "BYMONTHDAY": {DAILY, MONTHLY, YEARLY},
    "BYYEARDAY": {YEARLY},
    "BYWEEKNO": {YEARLY},
}
BY = {"BYDAY", *NUMBERS}
KNOWN = BY | {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}


@dataclass(frozen=True, slots=True)
class Parts:
    """The arguments of dateutil's rrule, without its start and its end."""

    freq: Any  # one of dateutil's own numbers
    interval: int = 1
    named: tuple[tuple[str, Any], ...] = ()
    week_start: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """What an RRULE says; `until` is a day, an instant, or a time on the reminder's own clocks."""

    parts: Parts
    count: int | None
    until: date | datetime | None


@lru_cache(maxsize=1024)
def read(text: str) -> Text:
    """What the RRULE says; raises Refused for what cannot be."""
    said = _said(text)
    freq = FREQUENCIES.get(said.get("FREQ", ""))
    if freq is None:
        _refuse(_("Say FREQ=DAILY, WEEKLY, MONTHLY or YEARLY; the time is the reminder's own."))
    interval = _number(said, "INTERVAL", WIDEST[freq]) or 1
    if "COUNT" in said and "UNTIL" in said:
        _refuse(_("An RRULE holds COUNT or UNTIL, not both."))
    named = [(NUMBERS[part][0], _numbers(part, said[part])) for part in NUMBERS if part in said]
    if "BYDAY" in said:
        named.append(("byweekday", _days(said["BYDAY"], numbered=_numbered(said, freq))))
    _check_together(said, freq)
    week_start = _word(said, "WKST", "MO", DAYS.index)
    until = _word(said, "UNTIL", None, _until)
    parts = Parts(freq, interval, tuple(named), week_start)
    return Text(parts, _number(said, "COUNT", MOST_TIMES), until)


def normal(text: str) -> str:
    """As it is stored: in capitals, without the name in front."""
    return "".join(text.split()).upper().removeprefix("RRULE:").strip(";")


def _said(text: str) -> dict[str, str]:
    """The parts by name, each once."""
    if not text or len(text) > MOST_TEXT:
        _refuse(_("Write an RRULE such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TU."))
    said: dict[str, str] = {}
    for each in text.split(";"):
        name, equals, value = each.partition("=")
        if name not in KNOWN or not equals or not value or name in said:
            _refuse(_("“%(part)s” cannot be used in a reminder's RRULE.") % {"part": each[:40]})
        said[name] = value
    return said


def _number(said: dict[str, str], part: str, most: int) -> int | None:
    if part not in said:
        return None
    value = said[part]
    # Of a billion digits none is read.
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not 1 <= int(value) <= most:
        if part == "INTERVAL":
            _refuse(_("INTERVAL lies between 1 and %(most)d here.") % {"most": most})
        _refuse(_("COUNT lies between 1 and %(most)d.") % {"most": most})
    return int(value)


def _numbers(part: str, value: str) -> tuple[int, ...]:
    _name, most, signed = NUMBERS[part]
    found = set()
    for each in value.split(","):
        number = int(each) if WHOLE.fullmatch(each) else 0
        if not 1 <= abs(number) <= most or (number < 0 and not signed):
            _unreadable(part, value)
        found.add(number)
    return tuple(sorted(found))


def _days(value: str, *, numbered: int) -> tuple[Any, ...]:
    found = set()
    for each in value.split(","):
        match = BY_DAY.fullmatch(each)
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= numbered):
            _unreadable("BYDAY", value)
        found.add((DAYS.index(match[2]), int(match[1]) if match[1] else None))
    if any(n for _day, n in found):
        # dateutil takes SU,1SU for Sundays that are both, the standard for either.
        plain = [day for day, n in found if n is None]
        found |= {(day, n) for day in plain for n in range(1, numbered + 1)}
        found = {one for one in found if one[1]}
    return tuple(weekday(day, n) for day, n in sorted(found, key=lambda one: (one[0], one[1] or 0)))


def _numbered(said: dict[str, str], freq: int) -> int:
    """How far weekdays may be counted: in the month, in the year, or not at all."""
    if freq == MONTHLY or (freq == YEARLY and "BYMONTH" in said):
        return 5
    return 53 if freq == YEARLY and "BYWEEKNO" not in said else 0


def _check_together(said: dict[str, str], freq: int) -> None:
    for part, frequencies in ONLY_WITH.items():
        if part in said and freq not in frequencies:
            _refuse(
                _("%(part)s does not go with FREQ=%(freq)s.") % {"part": part, "freq": said["FREQ"]}
            )
    if "BYSETPOS" in said and not BY & (set(said) - {"BYSETPOS"}):
        _refuse(_("BYSETPOS needs another BY… to choose from."))


def _word[T](said: dict[str, str], part: str, usual: Any, read_it: Callable[[str], T]) -> T | Any:
    value = said.get(part, usual)
    if part not in said and usual is None:
        return None
    try:
        return read_it(value)
    except ValueError:
        _unreadable(part, value)


def _until(value: str) -> date | datetime:
    if re.fullmatch(r"\d{8}", value, re.ASCII):
        return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007  # a day has no zone
    if not re.fullmatch(r"\d{8}T\d{6}Z?", value, re.ASCII):
        raise ValueError
    at = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  # see below
    return at.replace(tzinfo=UTC) if value.endswith("Z") else at


def _unreadable(part: str, value: str) -> NoReturn:
    _refuse(_("%(part)s cannot be “%(value)s”.") % {"part": part, "value": value[:40]})


def _refuse(message: str) -> NoReturn:
    raise Refused(message, "unreadable", field="rrule")
