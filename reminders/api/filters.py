"""What lists of reminders and the inbox can be narrowed to."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from config.web.api.filters import (
    ChoiceFilter,
    ChoicesFilter,
    FlagFilter,
    IdFilter,
    InstantFilter,
    TextFilter,
    TrashFilter,
)
from reminders.asking import stems
from reminders.models import (
    Archive,
    Audience,
    Channel,
    Delivery,
    Escalation,
    Frequency,
    Notification,
    Reminder,
    ReminderDestination,
    ReminderRecipient,
    Status,
)


class ReminderFilter(TrashFilter):
    frequency = ChoicesFilter(choices=Frequency.choices)
    paused = FlagFilter(method="filter_paused")
    recipient = IdFilter(method="filter_recipient")
    source = IdFilter(field_name="source_id")
    audience = ChoicesFilter(choices=Audience.choices)
    destination = IdFilter(method="filter_destination")
    urgent = FlagFilter(field_name="urgent")

    class Meta:
        model = Reminder
        fields: list[str] = []

    def filter_paused(self, rows: Any, _name: str, value: bool) -> Any:  # noqa: FBT001
        return rows.filter(paused_at__isnull=not value)

    def filter_recipient(self, rows: QuerySet[Any], _name: str, member: Any) -> QuerySet[Any]:
        """Those that name this member, and those for everyone."""
        named = ReminderRecipient.objects.filter(reminder=OuterRef("pk"), member=member)
        return rows.filter(Q(audience=Audience.EVERYONE) | Exists(named))

    def filter_destination(self, rows: QuerySet[Any], _name: str, way: Any) -> QuerySet[Any]:
        """Those that name this way out, also for when nobody acts."""
        links = (ReminderDestination, Escalation)
        first, second = (
            Exists(link.objects.filter(reminder=OuterRef("pk"), destination=way)) for link in links
        )
        return rows.filter(Q(first) | Q(second))


class InboxFilter(django_filters.FilterSet):
    state = ChoiceFilter(choices=[("open", "open"), ("all", "all")], method="filter_state")

    class Meta:
        model = Notification
        fields: list[str] = []

    def filter_state(self, rows: Any, _name: str, value: str) -> Any:
        """What waits, or everything that came; unsaid, what was withdrawn is left out."""
        return rows.waiting() if value == "open" else rows


class DeliveryFilter(django_filters.FilterSet):
    channel = ChoicesFilter(choices=Channel.choices)
    status = ChoicesFilter(choices=Status.choices)
    reminder = IdFilter(field_name="reminder_id")
    since = InstantFilter(field_name="due_at", lookup_expr="gte")
    until = InstantFilter(field_name="due_at", lookup_expr="lt")
    q = TextFilter(method="filter_words")

    class Meta:
        model = Delivery
        fields: list[str] = []

    def filter_words(self, rows: Any, _name: str, value: str) -> Any:
        """What says all of these words, whatever the case."""
        return rows.about(stems(value.lower().split()))


class MonthFilter(django_filters.FilterSet):
    month = TextFilter(method="filter_month")

    class Meta:
        model = Archive
        fields: list[str] = []

    def filter_month(self, rows: Any, _name: str, _value: str) -> Any:
        """Read by the view itself."""
        return rows
