"""What bodies say of a reminder in one word or in a few, and the SQL that says it back."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, JSONObject, Left
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import ValidationError

from accounts.api.fields import MembersField
from config.web.api.fields import ChoiceField, IdField, ListField, WholeField
from config.web.api.rows import ids
from config.web.api.serializers import StrictSerializer
from reminders import sources
from reminders.actions import EVERYONE
from reminders.models import Audience, Notification, Reminder, ReminderRecipient

MOST_PEOPLE = 500


class SourceSerializer(StrictSerializer):
    """What a reminder hangs on, such as a task."""

    kind = ChoiceField(choices=[])
    id = IdField()

    def get_fields(self) -> dict[str, Any]:
        # Slices register their kinds when the apps are ready, which is after this was imported.
        return {"kind": ChoiceField(choices=sources.kinds()), "id": IdField()}

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        return value["kind"], value["id"]

    def to_representation(self, value: Any) -> dict[str, str]:
        return {"kind": value[0], "id": str(value[1])}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": [EVERYONE]},
            {
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
                "minItems": 1,
                "maxItems": MOST_PEOPLE,
            },
        ],
        "description": "Members, or everyone who lives here when it fires; unsaid: its maker.",
    }
)
class RecipientsField(MembersField):
    default_error_messages = {
        "empty": _("Say who is to be reminded."),
        "not_everyone": _("Ids of members, or “everyone”."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MOST_PEOPLE} | kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if data == EVERYONE:
            return EVERYONE
        if not isinstance(data, list):
            self.fail("not_everyone")
        if not data:
            self.fail("empty")
        return super().to_internal_value(data)

    def to_representation(self, data: Any) -> Any:
        return data if isinstance(data, str) else super().to_representation(data)


class WeekdaysField(ListField):
    """Days of the week, 0 = Sunday; sorted, each once."""

    def __init__(self, **kwargs: Any) -> None:
        day = WholeField(min_value=0, max_value=6)
        super().__init__(**{"child": day, "max_length": 7, "allow_empty": False} | kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return sorted(set(super().to_internal_value(data)))


class NthSerializer(StrictSerializer):
    """The nth of a weekday in its month, -1 for the last one; 0 = Sunday."""

    n = WholeField(min_value=-1, max_value=5)
    weekday = WholeField(min_value=0, max_value=6)

    def validate_n(self, n: int) -> int:
        if n == 0:
            raise ValidationError(_("Say which one: 1 to 5, or -1 for the last."))
        return n


class MonthDayField(WholeField):
    """1 to 31, or -1 for the last day."""

    default_error_messages = {"none": _("Say a day from 1 to 31, or -1 for the last one.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": -1, "max_value": 31} | kwargs)

    def to_internal_value(self, data: Any) -> int:
        day = super().to_internal_value(data)
        if day == 0:
            self.fail("none")
        return day


def nth() -> Any:
    """`{"n", "weekday"}`, or null."""
    pair = JSONObject(n=F("nth"), weekday=F("weekdays__0"))
    return Case(When(nth=None, then=None), default=pair, output_field=JSONField())


def recipients() -> Any:
    """`"everyone"`, or the ids of those it names."""
    named = Func(ids(ReminderRecipient, "reminder", "member"), function="to_jsonb")
    everyone = Cast(Value(f'"{EVERYONE}"', CharField()), JSONField())
    return Case(
        When(audience=Audience.EVERYONE, then=everyone), default=named, output_field=JSONField()
    )


def source() -> Any:
    """`{"kind", "id"}`, or null."""
    pair = JSONObject(kind=F("source_kind"), id=F("source_id"))
    return Case(When(source_id=None, then=None), default=pair, output_field=JSONField())


class Came(Func):
    """`{"due_at", "sent_at", "late_by_seconds"}` of an inbox row; null of what was never due."""

    output_field = JSONField()

    def __init__(self) -> None:
        super().__init__(F("due_at"), F("arrived_at"))

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        (due, _due), (came, _came) = (
            compiler.compile(one) for one in self.get_source_expressions()
        )
        z = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        sql = (
            f"CASE WHEN {due} IS NOT NULL THEN jsonb_build_object("
            f"'due_at', {z.format(due)}, 'sent_at', {z.format(came)}, 'late_by_seconds',"
            f" greatest(0, floor(extract(epoch FROM {came} - {due})))::int) END"
        )
        return sql, []


def said() -> Any:
    """What a delivery says: its letter's title, or to the household its reminder's message."""
    letter = Notification._base_manager.filter(
        guild=OuterRef("guild_id"), pk=OuterRef("notification_id")
    )
    reminder = Reminder._base_manager.filter(guild=OuterRef("guild_id"), pk=OuterRef("reminder_id"))
    return Coalesce(
        Subquery(letter.values("title")), Left(Subquery(reminder.values("message")), 255), Value("")
    )


def slot() -> Any:
    """Which occurrence: what all deliveries of it share."""
    letter = Notification._base_manager.filter(
        guild=OuterRef("guild_id"), pk=OuterRef("notification_id")
    )
    return Coalesce(Subquery(letter.values("slot")), F("occurrence"), Value(""))


def late_by() -> Any:
    """Whole seconds from due to sent; null of what was not sent."""
    late = Func(
        F("sent_at"),
        F("due_at"),
        template="greatest(0, floor(extract(epoch FROM %(expressions)s)))::int",
        arg_joiner=" - ",
        output_field=IntegerField(),
    )
    return Case(When(sent_at=None, then=None), default=late, output_field=IntegerField())
