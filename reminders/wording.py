"""Reminders in words: "tomorrow, 07:30", "then every Monday and Thursday", "11 minutes late"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.web import words
from config.web.chosen import zone_or
from reminders.models import Frequency, Reminder

WORKDAYS = [1, 2, 3, 4, 5]
# What is less late than this is not worth a word.
LATE = timedelta(minutes=1)


def next_words(reminder: Reminder, *, now: datetime) -> str:
    """tomorrow, 07:30 · paused · over"""
    if reminder.paused_at:
        return _("paused")
    if (at := reminder.next_at) is None:
        return _("over")
    return words.moment(max(at, now), now=now)


def repeat_words(reminder: Reminder) -> str:
    """once · every day · every Monday and Thursday · 30 minutes before it is due; and until when"""
    said = _repeats(reminder)
    if reminder.until:
        return _("%(rule)s, until %(day)s") % {
            "rule": said,
            "day": date_format(reminder.until, "DATE_FORMAT"),
        }
    if reminder.count:
        return ngettext("%(rule)s, once", "%(rule)s, %(n)s times", reminder.count) % {
            "rule": said,
            "n": reminder.count,
        }
    return said


def _repeats(reminder: Reminder) -> str:
    match reminder.frequency:
        case Frequency.DAILY:
            return _("every day")
        case Frequency.WEEKLY:
            return _every(reminder.weekdays)
        case Frequency.MONTHLY if reminder.nth is not None:
            return nth_words(reminder.nth, reminder.weekdays[0])
        case Frequency.MONTHLY:
            return month_day_words(reminder.month_day or 0)
        case Frequency.YEARLY:
            assert reminder.starts_on is not None
            return _("every year on %(day)s") % {
                "day": date_format(reminder.starts_on, "MONTH_DAY_FORMAT")
            }
        case Frequency.INTERVAL:
            return every_words(reminder.every_minutes or 0)
        case Frequency.RRULE:
            return _("by the rule %(rrule)s") % {"rrule": reminder.rrule}
        case Frequency.BEFORE:
            return before_words(reminder.before_minutes or 0)
    if reminder.once_at and reminder.next_due_at is None:
        return _("once, %(when)s") % {"when": words.moment(reminder.once_at, now=timezone.now())}
    return _("once")


def month_day_words(day: int) -> str:
    """every month on day 15 · every month on the last day"""
    if day == -1:
        return _("every month on the last day")
    return _("every month on day %(day)s") % {"day": day}


def nth_words(n: int, weekday: int) -> str:
    """every 2nd Tuesday of the month · every last Friday of the month"""
    said = {
        1: _("every 1st %(day)s of the month"),
        2: _("every 2nd %(day)s of the month"),
        3: _("every 3rd %(day)s of the month"),
        4: _("every 4th %(day)s of the month"),
        5: _("every 5th %(day)s of the month"),
        -1: _("every last %(day)s of the month"),
    }
    return said[n] % {"day": words.weekday(weekday)}


def every_words(minutes: float) -> str:
    """every 30 seconds · every 90 minutes · every 2 hours · every 3 days"""
    seconds = round(minutes * 60)
    if seconds % 86_400 == 0:
        n = seconds // 86_400
        return ngettext("every 24 hours", "every %(n)s days", n) % {"n": n}
    if seconds % 3600 == 0:
        n = seconds // 3600
        return ngettext("every hour", "every %(n)s hours", n) % {"n": n}
    if seconds % 60 == 0:
        n = seconds // 60
        return ngettext("every minute", "every %(n)s minutes", n) % {"n": n}
    return ngettext("every second", "every %(n)s seconds", seconds) % {"n": seconds}


def before_words(minutes: int) -> str:
    if minutes == 0:
        return _("when it is due")
    if minutes % 1440 == 0:
        n = minutes // 1440
        return ngettext("a day before it is due", "%(n)s days before it is due", n) % {"n": n}
    if minutes % 60 == 0:
        n = minutes // 60
        return ngettext("an hour before it is due", "%(n)s hours before it is due", n) % {"n": n}
    return ngettext("a minute before it is due", "%(n)s minutes before it is due", minutes) % {
        "n": minutes
    }


def clock_words(reminder: Reminder, *, now: datetime) -> str:
    """07:30 on the clocks of New York · '' where those are the reader's own"""
    if reminder.time is None:
        return ""
    here, there = timezone.get_current_timezone(), zone_or(reminder.time_zone)
    if now.astimezone(here).utcoffset() == now.astimezone(there).utcoffset():
        return ""
    place = reminder.time_zone.split("/")[-1].replace("_", " ")
    return _("%(time)s on the clocks of %(place)s") % {
        "time": words.clock(reminder.time),
        "place": place,
    }


def late_words(late_by: timedelta) -> str:
    """It comes 11 minutes late. · '' when it is on time"""
    if late_by < LATE:
        return ""
    return _("It comes %(span)s late.") % {"span": words.lasting(late_by)}


def in_a_row(names: Sequence[str]) -> str:
    """Anna, Ben and Clara"""
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def _every(weekdays: Iterable[int]) -> str:
    # The week begins on Monday here, whatever the numbers say.
    days = sorted(weekdays, key=lambda day: (day - 1) % 7)
    if days == WORKDAYS:
        return _("every weekday")
    if len(days) == 7:
        return _("every day")
    names = [words.weekday(day) for day in days]
    if len(names) == 1:
        return _("every %(day)s") % {"day": names[0]}
    return _("every %(days)s and %(last)s") % {"days": ", ".join(names[:-1]), "last": names[-1]}
