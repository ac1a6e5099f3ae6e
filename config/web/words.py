"""Moments in the words of a household: "tomorrow, 07:15", "since Tuesday", "in 2 h 15 min".

Every function takes the clock as an argument and answers in the active language and time zone,
so pages, e-mails and the assistant say the same thing about the same moment.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SUNDAY = date(2023, 1, 1)


def day(on: date, *, today: date) -> str:
    """today, tomorrow, Friday (within six days), Friday 12 June, 12 June 2027."""
    apart = (on - today).days
    if apart == 0:
        return _("today")
    if apart == 1:
        return _("tomorrow")
    if apart == -1:
        return _("yesterday")
    if abs(apart) < 7:
        return date_format(on, "l")
    if on.year == today.year:
        return long_day(on)
    return date_format(on, pgettext("date format", "j F Y"))


def long_day(on: date) -> str:
    """Thursday 11 June"""
    return date_format(on, pgettext("date format", "l j F"))


def weekday(number: int) -> str:
    """Monday, for 1; a week's days count from 0 = Sunday."""
    return date_format(SUNDAY + number * DAY, "l")


def clock(at: time | datetime) -> str:
    """07:15"""
    if isinstance(at, datetime):
        at = _local(at).time()
    return time_format(at, pgettext("time format", "H:i"))


def moment(at: datetime, *, now: datetime) -> str:
    """today, 20:00 · Friday 12 June, 07:15"""
    local = _local(at)
    words = {"day": day(local.date(), today=_local(now).date()), "time": clock(local)}
    return _("%(day)s, %(time)s") % words


def full(at: datetime) -> str:
    """Thursday 11 June 2026, 20:00"""
    return date_format(_local(at), pgettext("date format", "l j F Y, H:i"))


def period(starts_at: datetime, ends_at: datetime, *, now: datetime) -> str:
    """today, 19:30–21:00 · Friday, 22:00 – Saturday, 01:00"""
    if _local(starts_at).date() == _local(ends_at).date():
        return f"{moment(starts_at, now=now)}–{clock(ends_at)}"
    return f"{moment(starts_at, now=now)} – {moment(ends_at, now=now)}"


def from_now(at: datetime, *, now: datetime) -> str:
    """in 2 h 15 min · in 3 days · now · 5 min ago"""
    apart = abs(at - now)
    if apart < MINUTE:
        return _("now")
    if at > now:
        return _("in %(span)s") % {"span": _brief(apart)}
    return _("%(span)s ago") % {"span": _brief(apart)}


def since(at: datetime, *, now: datetime) -> str:
    """since 09:00 · since yesterday · since Tuesday · since 2 June"""
    local, today = _local(at), _local(now).date()
    apart = (today - local.date()).days
    if apart == 0:
        return _("since %(moment)s") % {"moment": clock(local)}
    if apart < 7:
        return _("since %(moment)s") % {"moment": day(local.date(), today=today)}
    form = pgettext("date format", "j F")
    if local.year != today.year:
        form = pgettext("date format", "j F Y")
    # Its own context: German says "seit Dienstag" but "seit dem 2. Juni".
    return pgettext("a date", "since %(moment)s") % {"moment": date_format(local, form)}


def due(at: datetime, *, timed: bool, now: datetime) -> str:
    """by 18:00 · today · Friday, 07:15 · since Tuesday (what is past)

    Without a time (`timed` false) `at` is the end of the day, so only the day is said.
    """
    if at <= now:
        # A day ends at the next midnight or just before it; both mean that day.
        return since(at if timed else at - timedelta(microseconds=1), now=now)
    today = _local(now).date()
    if not timed:
        return day(_local(at - timedelta(microseconds=1)).date(), today=today)
    if _local(at).date() == today:
        return _("by %(time)s") % {"time": clock(at)}
    return moment(at, now=now)


def lasting(span: timedelta) -> str:
    """40 seconds · 11 minutes · 2 hours · 3 days, the largest unit alone"""
    if span < MINUTE:
        seconds = max(int(span.total_seconds()), 0)
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    if span < HOUR:
        minutes = span // MINUTE
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if span < 2 * DAY:
        hours = span // HOUR
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = span // DAY
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _brief(span: timedelta) -> str:
    """15 min · 2 h 15 min · 11 h · 3 days, as it stands behind "in" and before "ago"."""
    if span < HOUR:
        return _("%(n)s min") % {"n": span // MINUTE}
    if span >= DAY:
        days = span // DAY
        # Its own context: German says "3 Tage" but "in 3 Tagen".
        return npgettext("in … / … ago", "%(n)s day", "%(n)s days", days) % {"n": days}
    hours, minutes = span // HOUR, (span % HOUR) // MINUTE
    if hours >= 6 or not minutes:
        return _("%(n)s h") % {"n": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def _local(at: datetime) -> datetime:
    """The moment in the active zone; the first and last days a calendar has stay in UTC."""
    try:
        return timezone.localtime(at)
    except OverflowError:
        return at.astimezone(UTC)
