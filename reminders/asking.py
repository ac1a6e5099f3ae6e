"""What a person means who asks "the bins on Tuesday": words to look for, and a day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

from django.utils import translation
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _

DAY = timedelta(days=1)
WEEK = 7 * DAY
# Calendars of other years are nobody's, and their ends cannot be reckoned with.
YEARS = range(1970, 2201)
# Say nothing about what is looked for, in the languages we speak.
_SMALL = """
a an the on at in of for my our why did i not get it was is last this
der die das den dem ein eine am im um für mein meine unser warum habe ich nicht bekommen war ist
letzten letzte letzter letztes
"""
SMALL = frozenset(_SMALL.split())
LAST = frozenset(word for word in SMALL if word.startswith(("last", "letzt")))


class Asked(NamedTuple):
    words: list[str]
    day: date | None


def understood(question: str, *, today: date) -> Asked:
    """The words in lower case without small ones, and the latest such day up to today."""
    parts = re.findall(r"[^\s,;:?!]+", question.lower())
    for start in range(len(parts)):
        for length in (2, 1):
            taken = parts[start : start + length]
            if len(taken) == length and (day := _day(taken, today)) and day.year in YEARS:
                if start and parts[start - 1] in LAST and day == today:
                    day -= WEEK
                return Asked(_words(parts[:start] + parts[start + length :]), day)
    return Asked(_words(parts), None)


def stems(words: list[str]) -> Iterator[str]:
    """The words as they may stand in the middle of others: "bins" finds the bin."""
    for word in words:
        yield word[:-1] if len(word) > 3 and word.endswith("s") else word


def _words(parts: list[str]) -> list[str]:
    return [word for part in parts if (word := part.strip(".\"'“”„")) and word not in SMALL]


def _day(parts: list[str], today: date) -> date | None:
    if len(parts) == 2:
        number, name = parts[0].rstrip("."), parts[1].strip(".")
        return _on(number, _number(name, MONTHS), today)
    [word] = parts
    if word in (_("today"), "today"):
        return today
    if word in (_("yesterday"), "yesterday"):
        return today - DAY
    weekday = _number(word, WEEKDAYS)
    if weekday is not None:  # as Python counts, Monday is 0
        return today - DAY * ((today.weekday() - weekday) % 7)
    with suppress(ValueError):
        return date.fromisoformat(word)
    if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?", word):
        return _on(match[1], int(match[2]), today, match[3])
    return None


def _number(name: str, names: Mapping[int, object]) -> int | None:
    """Which month or weekday this is called, here or in English."""
    for number, said in names.items():
        with translation.override("en"):
            english = str(said).lower()
        if name in (str(said).lower(), english):
            return number
    return None


def _on(day: str, month: int | None, today: date, year: str | None = None) -> date | None:
    """The latest such day up to today; None when there is none."""
    if month is None or not (day.isascii() and day.isdecimal()):
        return None
    with suppress(ValueError):
        found = date(int(year or today.year), month, int(day))
        return found if year or found <= today else found.replace(year=today.year - 1)
    return None
