"""What repeats: how it begins and ends, worked out and checked when a member says it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from config.web.chosen import zone_or
from config.web.errors import Refused
from config.web.wallclock import instant
from reminders import calendars, rrules
from reminders.models import Frequency, Reminder
from reminders.recurrence import last_date, next_occurrence
from reminders.rules import DAY, rule_of

MOST_SKIPPED = 500
EVERY = (0.5, 525_600)
# Of these each date is one whatever the start is; others count from their start on.
FREE_OF_START = {Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY}


def take_back(reminder: Reminder, said: set[str]) -> None:
    """Who says the one of two that exclude each other means it instead of the stored other."""
    for one, other in (("nth", "month_day"), ("until", "count")):
        for new, old in ((one, other), (other, one)):
            if new in said and old not in said and getattr(reminder, new) is not None:
                setattr(reminder, old, None)
    if reminder.nth is not None and reminder.month_day is not None:
        raise Refused(_("Say a day of the month or a weekday, not both."), "both", field="nth")
    if reminder.until is not None and reminder.count is not None:
        raise Refused(_("Say a last day or how many times, not both."), "both", field="count")


def begin(reminder: Reminder, needed: set[str], at: datetime) -> None:
    """Fill in the start, and what goes by it, where they are not said."""
    if "starts_on" in needed and reminder.starts_on is None:
        today = at.astimezone(zone_or(reminder.time_zone)).date()
        if reminder.frequency == Frequency.MONTHLY and "month_day" in needed:
            reminder.month_day = reminder.month_day or today.day
        reminder.starts_on = today + (
            DAY if _counts_from_tomorrow(reminder, today, at) else 0 * DAY
        )
    if "month_day" in needed and reminder.month_day is None and reminder.starts_on:
        reminder.month_day = reminder.starts_on.day
    if "every_minutes" in needed and reminder.once_at is None:
        first = at + timedelta(minutes=reminder.every_minutes or 0)
        reminder.once_at = first.replace(microsecond=0)


def _counts_from_tomorrow(reminder: Reminder, today: date, at: datetime) -> bool:
    """Five times are five that come, also when today's is over."""
    if not reminder.count or reminder.time is None or reminder.frequency not in FREE_OF_START:
        return False
    return instant(today, reminder.time, reminder.time_zone) <= at


def settle(reminder: Reminder, at: datetime) -> None:
    """Work out the last day; raise Refused for what never comes, or not soon enough."""
    if reminder.nth is not None and len(reminder.weekdays) != 1:
        raise Refused(_("Choose one day of the week."), "one_weekday", field="weekdays")
    if len(reminder.skip) > MOST_SKIPPED:
        said = _("At most %(n)s days can be left out.") % {"n": MOST_SKIPPED}
        raise Refused(said, "too_many", field="skip")
    if reminder.count is not None and not 1 <= reminder.count <= rrules.MOST_TIMES:
        said = _("Say a number from 1 to %(n)s.") % {"n": rrules.MOST_TIMES}
        raise Refused(said, "range", field="count")
    if reminder.every_minutes is not None and not EVERY[0] <= reminder.every_minutes <= EVERY[1]:
        raise Refused(_("From half a minute to a year."), "range", field="every_minutes")
    try:
        reminder.last_on = None
        reminder.last_on = _last_on(reminder)
        _require_two(reminder, at)
    except calendars.TooRare:
        raise Refused(
            _("Such a day does not come once in ten years."), "never", field=_rarest(reminder)
        ) from None
    if next_occurrence(reminder.rule, after=at) is None:
        raise Refused(_("It would never come any more."), "never", field=_ends_by(reminder))


def _last_on(reminder: Reminder) -> date | None:
    """The last nominal date by everything that ends the rule. An interval's count costs nothing
    and stays a count.
    """
    if reminder.frequency == Frequency.INTERVAL:
        return reminder.until
    ends = [reminder.until, _counted(reminder, reminder.count, "count")]
    if reminder.frequency == Frequency.RRULE:
        text = rrules.read(reminder.rrule)
        ends += [_counted(reminder, text.count, "rrule"), _until(reminder, text.until)]
    return min((end for end in ends if end is not None), default=None)


def _counted(reminder: Reminder, count: int | None, field: str) -> date | None:
    if count is None:
        return None
    last = last_date(rule_of(reminder), count)
    if last is None:
        raise Refused(_("So many times take more than a hundred years."), "too_far", field=field)
    return last


def _until(reminder: Reminder, until: date | datetime | None) -> date | None:
    """The last date whose time is not after it."""
    if not isinstance(until, datetime):
        return until
    zone = zone_or(reminder.time_zone)
    local = until.astimezone(zone).replace(tzinfo=None) if until.tzinfo else until
    assert reminder.time is not None
    return local.date() if reminder.time <= local.time() else local.date() - DAY


def _require_two(reminder: Reminder, at: datetime) -> None:
    """Raise TooRare where the gap to the next date, or to the one after it, is too wide."""
    if reminder.frequency == Frequency.RRULE:
        today = at.astimezone(zone_or(reminder.time_zone)).date()
        last = reminder.last_on or calendars.LAST_DATE
        list(islice(calendars.dates(reminder.rule, today, last), 2))


def _rarest(reminder: Reminder) -> str:
    return "rrule" if reminder.frequency == Frequency.RRULE else "frequency"


def _ends_by(reminder: Reminder) -> str:
    """The field that lets nothing come."""
    for name in ("until", "count", "rrule", "skip"):
        if getattr(reminder, name):
            return name
    return "starts_on"
