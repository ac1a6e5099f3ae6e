"""When a reminder comes, as it is typed."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as clock_time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.web import words
from config.web.chosen import zone_or
from config.web.fields import valid_zone
from config.web.forms import ClockInput, DayField
from config.web.wallclock import instant
from reminders.forms.base import BaseReminderForm
from reminders.forms.units import minutes_of, shown, unit_field
from reminders.models import Frequency, Reminder
from reminders.month_days import month_days, month_on, month_value
from reminders.repeats import EVERY, MOST_SKIPPED
from reminders.rrules import MOST_TEXT, MOST_TIMES
from reminders.wording import before_words

CLOCK = [
    Frequency.ONCE, Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY, Frequency.YEARLY,
    Frequency.RRULE,
]  # fmt: skip
OFFERED = [*CLOCK[:-1], Frequency.INTERVAL, Frequency.RRULE]
# Monday first, as the list of days is read; the values are the API's, 0 = Sunday.
WEEK = [1, 2, 3, 4, 5, 6, 0]
BEFORE = [0, 10, 30, 60, 120, 1440, 2880]
WIDEST = 525_600


class DaysField(forms.CharField):
    """Days, with spaces or commas between."""

    def prepare_value(self, value: Any) -> Any:
        return " ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        said = super().clean(value).replace(",", " ").split()
        if len(said) > MOST_SKIPPED:
            many = _("At most %(n)s days can be left out.") % {"n": MOST_SKIPPED}
            raise forms.ValidationError(many)
        return [DayField().clean(each) for each in said]


class WhenForm(BaseReminderForm):
    frequency = forms.ChoiceField(label=_("How often?"), widget=forms.RadioSelect)
    on = DayField(
        label=_("Day"),
        required=False,
        help_text=_("If it repeats: the first day."),
    )
    time = forms.TimeField(label=_("Time"), required=False, widget=ClockInput)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which days?"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    month_on = forms.ChoiceField(label=_("On which day of the month?"), required=False)
    every_minutes = forms.FloatField(
        label=_("How much between?"),
        required=False,
        min_value=0.0001,
        max_value=EVERY[1],
        help_text=_("As time passes, also at night. Without a time it begins now."),
    )
    every_unit = unit_field()
    rrule = forms.CharField(
        label=_("Rule (RRULE)"),
        required=False,
        max_length=MOST_TEXT,
        help_text=_("Such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TU for every second Tuesday."),
    )
    until = DayField(label=_("Last day"), required=False)
    count = forms.IntegerField(
        label=_("How many times?"), required=False, min_value=1, max_value=MOST_TIMES
    )
    skip = DaysField(
        label=_("Days to leave out"),
        required=False,
        help_text=_("As 2026-12-24, with spaces between."),
    )
    before_minutes = forms.TypedChoiceField(
        label=_("When?"), required=False, coerce=int, empty_value=None
    )
    time_zone = forms.CharField(
        label=_("Time zone"), required=False, max_length=64, validators=[valid_zone]
    )

    def offer(self) -> None:
        super().offer()
        kinds = [*OFFERED, Frequency.BEFORE] if self.source else OFFERED
        self.choose("frequency", [(kind.value, kind.label) for kind in kinds])
        self.choose("weekdays", [(str(day), words.weekday(day)) for day in WEEK])
        self.choose("month_on", month_days())
        minutes = set(BEFORE)
        if self.reminder and self.reminder.before_minutes is not None:
            minutes.add(self.reminder.before_minutes)
        given = self.data.get("before_minutes", "") if self.is_bound else ""
        if given.isascii() and given.isdecimal() and len(given) < 7 and int(given) <= WIDEST:
            minutes.add(int(given))
        self.choose("before_minutes", [(str(n), before_words(n)) for n in sorted(minutes)])
        if not self.source:
            del self.fields["before_minutes"]

    def usual(self) -> dict[str, Any]:
        today = timezone.localdate(timezone=zone_or(self.member.home_zone))
        return super().usual() | {
            "frequency": Frequency.BEFORE if self.source else Frequency.ONCE,
            "before_minutes": "60",
            "month_on": str(today.day),
            "on": today,
            "time_zone": self.member.home_zone,
        }

    def of(self, reminder: Reminder) -> dict[str, Any]:
        zone = zone_or(reminder.time_zone)
        at = reminder.once_at.astimezone(zone) if reminder.once_at else None
        every, unit = shown(reminder.every_minutes)
        return super().of(reminder) | {
            "frequency": reminder.frequency,
            "on": at.date() if at else reminder.starts_on,
            "time": at.time() if at else reminder.time,
            "weekdays": [str(day) for day in reminder.weekdays],
            "month_on": month_value(reminder),
            "every_minutes": every,
            "every_unit": unit,
            "rrule": reminder.rrule,
            "until": reminder.until,
            "count": reminder.count,
            "skip": reminder.skip,
            "before_minutes": str(reminder.before_minutes),
            "time_zone": zone.key,
        }

    def clean(self) -> dict[str, Any]:
        """Say beside its field what the frequency needs."""
        data = super().clean()
        frequency = data.get("frequency")
        if frequency in CLOCK and data.get("time") is None and "time" not in self.errors:
            self.add_error("time", _("Say at what time."))
        if frequency == Frequency.MONTHLY and not data.get("month_on"):
            self.add_error("month_on", _("Say on which day of the month."))
        dated = frequency in (Frequency.YEARLY, Frequency.ONCE)
        if dated and data.get("on") is None and "on" not in self.errors:
            self.add_error("on", _("Say on which day."))
        if frequency == Frequency.WEEKLY and not data.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one day."))
        if frequency == Frequency.INTERVAL:
            data["every"] = minutes_of(
                self, "every_minutes", "every_unit", least=EVERY[0], most=EVERY[1]
            )
        return data

    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        stored = self.reminder.time_zone if self.reminder else ""
        zone = data["time_zone"] or zone_or(stored, self.member.home_zone).key
        said = super().said() | {"frequency": data["frequency"], "time_zone": zone}
        match data["frequency"]:
            case Frequency.ONCE:
                said["once_at"] = self._once_at(data["on"], data["time"], zone)
            case Frequency.BEFORE:
                said["before_minutes"] = data["before_minutes"]
            case Frequency.INTERVAL:
                said |= {"every_minutes": data["every"]} | self._end()
                if data["on"] and data["time"]:
                    said["once_at"] = self._once_at(data["on"], data["time"], zone)
            case _:
                said |= {"time": data["time"], "weekdays": data["weekdays"]} | self._end()
                said["rrule"] = data["rrule"]
                if data["frequency"] == Frequency.MONTHLY:
                    said |= month_on(data["month_on"])
                # Not said: from today on; while editing, as it was.
                if data["on"]:
                    said["starts_on"] = data["on"]
        return said

    def _end(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("until", "count", "skip")}

    def _once_at(self, on: date, clock: clock_time, zone: str) -> datetime:
        """The instant; the stored one when the fields still show it, seconds and all."""
        stored = self.reminder.once_at if self.reminder else None
        if stored:
            shown_at = stored.astimezone(zone_or(zone)).replace(second=0, microsecond=0)
            if (shown_at.date(), shown_at.time()) == (on, clock):
                return stored
        return instant(on, clock, zone)
