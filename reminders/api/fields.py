"""What bodies say of a reminder in one word or in a few, and the SQL that says it back."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject, Left
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import ValidationError

from accounts.api.fields import MemberField, MembersField
from config.web.api.fields import ChoiceField, IdField, ListField, WholeField
from config.web.api.rows import ids
from config.web.api.serializers import StrictSerializer
from reminders import sources
from reminders.models import (
    Audience,
    Escalation,
    Notification,
    Reminder,
    ReminderDestination,
    ReminderRecipient,
)
from reminders.whom import LONGEST_PAUSE, MOST_NAGS, MOST_STAGES, MOST_WAYS, WORDS

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
            {"type": "string", "enum": sorted(WORDS)},
            {
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
                "minItems": 1,
                "maxItems": MOST_PEOPLE,
            },
        ],
        "description": (
            "Members; or everyone who lives here, to whom its source is assigned, or who has not"
            " answered it when it fires. Unsaid: its maker."
        ),
    }
)
class RecipientsField(MembersField):
    default_error_messages = {
        "empty": _("Say who is to be reminded."),
        "not_a_word": _("Ids of members, or “everyone”, “assigned” or “unanswered”."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MOST_PEOPLE} | kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data in WORDS:
            return data
        if not isinstance(data, list):
            self.fail("not_a_word")
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


class DestinationsField(ListField):
    """Ids of one's own ways out and of the household's; those that stand there already may stay."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"child": IdField(), "max_length": MOST_WAYS} | kwargs)


class NagSerializer(StrictSerializer):
    """It comes again every so many minutes until it is done, at most so many times."""

    every_minutes = WholeField(min_value=1, max_value=LONGEST_PAUSE)
    times = WholeField(min_value=1, max_value=MOST_NAGS)


class StageSerializer(StrictSerializer):
    """After so many minutes without Done another member is told, or by another way."""

    after_minutes = WholeField(min_value=1, max_value=LONGEST_PAUSE)
    to = MemberField(required=False, allow_null=True, default=None)
    destination = IdField(required=False, allow_null=True, default=None)


class StagesField(ListField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"child": StageSerializer(), "max_length": MOST_STAGES} | kwargs)


def nth() -> Any:
    """`{"n", "weekday"}`, or null."""
    pair = JSONObject(n=F("nth"), weekday=F("weekdays__0"))
    return Case(When(nth=None, then=None), default=pair, output_field=JSONField())


def recipients() -> Any:
    """`"everyone"`, `"assigned"` or `"unanswered"`, or the ids of those it names."""
    named = Func(ids(ReminderRecipient, "reminder", "member"), function="to_jsonb")
    word = Func(F("audience"), function="to_jsonb", output_field=JSONField())
    return Case(When(audience=Audience.MEMBERS, then=named), default=word, output_field=JSONField())


def destinations() -> Any:
    """The ids of the ways that it names."""
    return Func(ids(ReminderDestination, "reminder", "destination"), function="to_jsonb")


def nag() -> Any:
    """`{"every_minutes", "times"}`, or null."""
    pair = JSONObject(every_minutes=F("nag_minutes"), times=F("nag_times"))
    return Case(When(nag_minutes=None, then=None), default=pair, output_field=JSONField())


def escalate() -> Any:
    """The stages in their order, `{"after_minutes", "to", "destination"}`."""
    # The base manager: this is built when the module loads, before any scope.
    stages = Escalation._base_manager.filter(guild=OuterRef("guild_id"), reminder=OuterRef("pk"))
    stage = JSONObject(
        after_minutes=F("after_minutes"), to=F("member_id"), destination=F("destination_id")
    )
    rows = stages.order_by("position").annotate(stage=stage).values("stage")
    return Func(ArraySubquery(rows), function="to_jsonb", output_field=JSONField())


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
