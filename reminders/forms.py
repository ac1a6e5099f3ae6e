"""What a member may type of a reminder."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as clock_time
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.guild.forms import PeopleField, offer_only_herself
from accounts.guild.models import Visibility
from accounts.models import Member
from config.web import words
from config.web.chosen import zone_or
from config.web.errors import Refused
from config.web.fields import valid_zone
from config.web.forms import ClockInput, DayField
from config.web.wallclock import instant
from reminders import sources
from reminders.actions import EVERYONE
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
# Where the form shows what the actions call otherwise.
SHOWN = {"at": "on", "starts_on": "on", "month_day": "month_on", "nth": "month_on"}


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


class ReminderForm(forms.Form):
    message = forms.CharField(
        label=_("What shall it say?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
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
        label=_("How many minutes between?"),
        required=False,
        min_value=EVERY[0],
        max_value=EVERY[1],
        help_text=_("As time passes, also at night. Without a time it begins now."),
    )
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
    recipients = PeopleField(label=_("For whom?"))
    everyone = forms.BooleanField(label=_("Everyone, also people who join later"), required=False)
    visibility = forms.ChoiceField(
        label=_("Who may see the reminder?"),
        choices=Visibility.choices,
        initial=Visibility.HOUSEHOLD,
        required=False,
    )
    time_zone = forms.CharField(
        label=_("Time zone"), required=False, max_length=64, validators=[valid_zone]
    )
    source_kind = forms.CharField(required=False, widget=forms.HiddenInput)
    source_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        member: Member,
        reminder: Reminder | None = None,
        source: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.member, self.reminder = member, reminder
        self.source = _source_of(reminder, source or {})
        self._offer()
        self.initial = (_of(reminder) if reminder else self._usual()) | dict(self.initial)

    def _offer(self) -> None:
        """What can be chosen here and now."""
        kinds = [*OFFERED, Frequency.BEFORE] if self.source else OFFERED
        self._choices("frequency", [(kind.value, kind.label) for kind in kinds])
        self._choices("weekdays", [(str(day), words.weekday(day)) for day in WEEK])
        self._choices("month_on", month_days())
        minutes = set(BEFORE)
        if self.reminder and self.reminder.before_minutes is not None:
            minutes.add(self.reminder.before_minutes)
        given = self.data.get("before_minutes", "") if self.is_bound else ""
        if given.isascii() and given.isdecimal() and len(given) < 7 and int(given) <= WIDEST:
            minutes.add(int(given))
        self._choices("before_minutes", [(str(n), before_words(n)) for n in sorted(minutes)])
        offer_only_herself(self, self.member)
        if not self.member.can_write:
            del self.fields["everyone"]
        if not self.source:
            del self.fields["before_minutes"]
        else:
            self.fields["message"].help_text = _("Left blank, it says what it belongs to.")

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _usual(self) -> dict[str, Any]:
        return {
            "frequency": Frequency.BEFORE if self.source else Frequency.ONCE,
            "before_minutes": "60",
            "month_on": str(timezone.localdate(timezone=zone_or(self.member.home_zone)).day),
            "on": timezone.localdate(timezone=zone_or(self.member.home_zone)),
            "recipients": [self.member.pk],
            "time_zone": self.member.home_zone,
            "source_kind": self.source[0] if self.source else "",
            "source_id": self.source[1] if self.source else None,
        }

    @property
    def source_text(self) -> str:
        """What the reminder belongs to, '' for nothing or for what the member cannot see."""
        if not self.source:
            return ""
        kind, pk = self.source
        source = sources.source_of(kind)
        return source.text([pk]).get(pk, "") if source else ""

    def clean(self) -> dict[str, Any]:
        """Say beside its field what the frequency needs."""
        data = super().clean() or self.cleaned_data
        frequency = data.get("frequency")
        if not data.get("message", "").strip() and not self.source and "message" not in self.errors:
            self.add_error("message", _("Say what it is about."))
        if frequency in CLOCK and data.get("time") is None and "time" not in self.errors:
            self.add_error("time", _("Say at what time."))
        if frequency == Frequency.MONTHLY and not data.get("month_on"):
            self.add_error("month_on", _("Say on which day of the month."))
        if frequency == Frequency.YEARLY and data.get("on") is None and "on" not in self.errors:
            self.add_error("on", _("Say on which day."))
        if frequency == Frequency.ONCE and data.get("on") is None and "on" not in self.errors:
            self.add_error("on", _("Say on which day."))
        if frequency == Frequency.WEEKLY and not data.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one day."))
        if not data.get("recipients") and not data.get("everyone"):
            self.add_error("recipients", _("Say who is to be reminded."))
        return data

    def said(self) -> dict[str, Any]:
        """What the form holds, as the actions take it."""
        data = self.cleaned_data
        stored = self.reminder.time_zone if self.reminder else ""
        zone = data["time_zone"] or zone_or(stored, self.member.home_zone).key
        said: dict[str, Any] = {
            # Browsers end lines in a way of their own.
            "message": data["message"].replace("\r\n", "\n"),
            "frequency": data["frequency"],
            "time_zone": zone,
            "recipients": EVERYONE if data.get("everyone") else list(data["recipients"]),
            "visibility": data["visibility"] or Visibility.HOUSEHOLD,
            "source": self.source,
        }
        match data["frequency"]:
            case Frequency.ONCE:
                said["once_at"] = self._once_at(data["on"], data["time"], zone)
            case Frequency.BEFORE:
                said["before_minutes"] = data["before_minutes"]
            case Frequency.INTERVAL:
                said |= {"every_minutes": data["every_minutes"]} | self._end()
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
            shown = stored.astimezone(zone_or(zone)).replace(second=0, microsecond=0)
            if (shown.date(), shown.time()) == (on, clock):
                return stored
        return instant(on, clock, zone)

    def refuse(self, refusal: Refused) -> None:
        """Show what an action refused beside the field it is about."""
        if refusal.field in SHOWN:
            refusal.field = SHOWN[refusal.field]
        refusal.show_in(self)


def _source_of(reminder: Reminder | None, given: dict[str, str]) -> tuple[str, UUID] | None:
    if reminder:
        return (reminder.source_kind, reminder.source_id) if reminder.source_id else None
    try:
        pk = UUID(given.get("source_id", ""))
    except ValueError:
        return None
    return (given["source_kind"], pk) if sources.source_of(given["source_kind"]) else None


def _of(reminder: Reminder) -> dict[str, Any]:
    zone = zone_or(reminder.time_zone)
    at = reminder.once_at.astimezone(zone) if reminder.once_at else None
    return {
        "message": reminder.message,
        "frequency": reminder.frequency,
        "on": at.date() if at else reminder.starts_on,
        "time": at.time() if at else reminder.time,
        "weekdays": [str(day) for day in reminder.weekdays],
        "month_on": month_value(reminder),
        "every_minutes": reminder.every_minutes,
        "rrule": reminder.rrule,
        "until": reminder.until,
        "count": reminder.count,
        "skip": reminder.skip,
        "before_minutes": str(reminder.before_minutes),
        "recipients": [link.member_id for link in reminder.addressed.all()],
        "everyone": reminder.is_for_everyone,
        "visibility": reminder.visibility,
        "time_zone": zone.key,
        "source_kind": reminder.source_kind,
        "source_id": reminder.source_id,
    }
