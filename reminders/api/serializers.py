from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from rest_framework.serializers import ListField as AnyList

from config.web.api.fields import (
    ChoiceField,
    DayField,
    InstantField,
    ListField,
    NewIdField,
    NumberField,
    ObjectField,
    TextField,
    WholeField,
)
from config.web.api.serializers import StrictModelSerializer, StrictSerializer
from reminders.api.fields import (
    Came,
    DestinationsField,
    MonthDayField,
    NagSerializer,
    NthSerializer,
    RecipientsField,
    SourceSerializer,
    StagesField,
    WeekdaysField,
    destinations,
    escalate,
    late_by,
    nag,
    nth,
    recipients,
    said,
    slot,
    source,
)
from reminders.forms import WIDEST
from reminders.models import Delivery, Frequency, Notification, Reminder
from reminders.repeats import EVERY, MOST_SKIPPED
from reminders.rrules import MOST_TEXT, MOST_TIMES
from reminders.snoozing import BY_NAME

LONGEST_SNOOZE = 366 * 24 * 60


class ReminderSerializer(StrictModelSerializer):
    id = NewIdField()
    message = TextField(max_length=1000, allow_blank=True, required=False)
    frequency = ChoiceField(
        choices=Frequency.choices,
        error_messages={
            "invalid_choice": _(
                "Choose once, daily, weekly, monthly, yearly, rrule, interval or before."
            )
        },
    )
    at = InstantField(source="once_at", required=False, allow_null=True)
    weekdays = WeekdaysField(required=False)
    weekday = WholeField(min_value=0, max_value=6, write_only=True, required=False)
    month_day = MonthDayField(required=False, allow_null=True)
    nth = NthSerializer(required=False, allow_null=True)
    rrule = TextField(max_length=MOST_TEXT, allow_blank=True, required=False)
    every_minutes = NumberField(
        min_value=EVERY[0], max_value=EVERY[1], required=False, allow_null=True
    )
    count = WholeField(min_value=1, max_value=MOST_TIMES, required=False, allow_null=True)
    skip = ListField(child=DayField(), max_length=MOST_SKIPPED, required=False)
    before_minutes = WholeField(min_value=0, max_value=WIDEST, required=False, allow_null=True)
    recipients = RecipientsField(required=False)
    destinations = DestinationsField(required=False)
    nag = NagSerializer(required=False, allow_null=True)
    escalate = StagesField(required=False)
    source = SourceSerializer(required=False, allow_null=True)  # type: ignore[assignment]  # DRF moves it

    class Meta:
        model = Reminder
        fields = [
            "id",
            "message",
            "frequency",
            "at",
            "time",
            "weekdays",
            "weekday",
            "month_day",
            "nth",
            "rrule",
            "every_minutes",
            "before_minutes",
            "time_zone",
            "starts_on",
            "until",
            "count",
            "skip",
            "recipients",
            "also_away",
            "destinations",
            "urgent",
            "nag",
            "escalate",
            "visibility",
            "source",
            "paused_at",
            "next_due_at",
            "created_by",
            "created_at",
            "updated_at",
            "deleted_at",
        ]
        read_only_fields = [
            "paused_at",
            "next_due_at",
            "created_by",
            "created_at",
            "updated_at",
            "deleted_at",
        ]
        extra_kwargs = {"time_zone": {"required": False}}
        rows = {
            "nth": nth(),
            "recipients": recipients(),
            "destinations": destinations(),
            "nag": nag(),
            "escalate": escalate(),
            "source": source(),
        }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """`weekday` is `weekdays` for one; of `nth` there is one weekday."""
        value = super().to_internal_value(data)
        if value.get("nth"):
            value |= {"nth": value["nth"]["n"], "weekdays": [value["nth"]["weekday"]]}
        if "weekday" in value:
            value["weekdays"] = [value.pop("weekday")]
        return value


class NextSerializer(StrictSerializer):
    """The next five instants at most, each with the offset of the reminder's zone."""

    next = AnyList(child=InstantField())


class SnoozeSerializer(StrictSerializer):
    """For how long, until when, or one of the choices by the member's own clock: 18:00, or 8:00
    tomorrow or on Monday; ten minutes when nothing is said.
    """

    minutes = WholeField(min_value=1, max_value=LONGEST_SNOOZE, required=False)
    until = InstantField(required=False)
    choice = ChoiceField(choices=BY_NAME, required=False)


class DeliverySerializer(StrictModelSerializer):
    """One way out of one occurrence; without a recipient it is the household's own. `reason` is a
    code of ours or what the provider answered, `why` says it in your language.
    """

    title = TextField(read_only=True)
    occurrence = TextField(read_only=True)
    why = TextField(read_only=True)
    late_by_seconds = WholeField(read_only=True, allow_null=True)
    attempts = AnyList(child=ObjectField(), read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "notification",
            "reminder",
            "title",
            "occurrence",
            "recipient",
            "channel",
            "destination",
            "step",
            "cause",
            "status",
            "reason",
            "why",
            "attempts",
            "due_at",
            "try_at",
            "sent_at",
            "late_by_seconds",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields
        rows = {
            "title": said(),
            "occurrence": slot(),
            # Put into words where the answer is written.
            "why": F("reason"),
            "late_by_seconds": late_by(),
        }


class DeliveriesSerializer(StrictSerializer):
    results = DeliverySerializer(many=True)
    next = TextField(allow_null=True)


class MonthSerializer(StrictSerializer):
    month = TextField()
    occurrences = WholeField()


class MonthsSerializer(StrictSerializer):
    results = MonthSerializer(many=True)
    next = TextField(allow_null=True)


class CameSerializer(StrictSerializer):
    due_at = InstantField()
    sent_at = InstantField()
    late_by_seconds = WholeField(min_value=0)


class InboxSerializer(StrictModelSerializer):
    delivery = CameSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Notification
        fields = [
            "id",
            "kind",
            "title",
            "body",
            "url",
            "created_at",
            "read_at",
            "done_at",
            "snoozed_until",
            "delivery",
        ]
        read_only_fields = fields
        rows = {"delivery": Came()}
