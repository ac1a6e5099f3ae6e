"""Serializer fields that take what is meant: no number for text, no "yes" for true.

Instants are RFC 3339 with an offset and come out in UTC with `Z`; dates are YYYY-MM-DD, times
HH:MM.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from config.web.api.renderers import instant
from config.web.fields import valid_zone

FIRST_DAY = date(1970, 1, 1)
# The calendar ends with 9999: what follows a day, and the same instant elsewhere, must exist too.
LAST_DAY = date(9998, 12, 31)
INT4 = 2**31 - 1
CANONICAL = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CLOCK = re.compile(r"\d\d:\d\d", re.ASCII)
INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class TextField(serializers.CharField):
    """Text, trimmed; blank only where `allow_blank` says so."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def run_validation(self, data: Any = empty) -> Any:
        # CharField would turn 5 into "5" before it looks at the type.
        if not isinstance(data, str) and data is not None and data is not empty:
            self.fail("invalid")
        return super().run_validation(data)


class FlagField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class WholeField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": -INT4 - 1, "max_value": INT4} | kwargs)

    def to_internal_value(self, data: Any) -> int:
        # 5.0 is a whole number in JSON.
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class NumberField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if not isinstance(data, int | float) or isinstance(data, bool):
            self.fail("invalid")
        try:
            number = float(data)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class ChoiceField(serializers.ChoiceField):
    """One of the words; the database's values are the API's."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", input=data if isinstance(data, str) else "…")
        return data


class DayField(serializers.DateField):
    default_error_messages = {
        "invalid": _("A date is written YYYY-MM-DD."),
        "unknown": _("There is no such day."),
        "range": _("The day must lie between 1970 and 9998."),
    }

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            self.fail("invalid")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail("unknown")
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail("range")
        return day


@extend_schema_field(
    {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["07:15"]}
)
class ClockField(serializers.TimeField):
    default_error_messages = {"invalid": _("A time is written HH:MM, from 00:00 to 23:59.")}

    def to_internal_value(self, value: Any) -> time:
        if not isinstance(value, str) or not CLOCK.fullmatch(value):
            self.fail("invalid")
        try:
            return time.fromisoformat(value)
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: time) -> str:
        return value.isoformat("minutes")


class InstantField(serializers.DateTimeField):
    default_error_messages = {
        "invalid": _("An instant is written 2026-11-20T18:00:00Z, with its offset."),
        "unknown": _("There is no such instant."),
        "range": _("The instant must lie between 1970 and 9998."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not INSTANT.fullmatch(value):
            self.fail("invalid")
        try:
            at = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("unknown")
        if not FIRST_DAY <= at.date() <= LAST_DAY:
            self.fail("range")
        return at

    def to_representation(self, value: datetime) -> str:
        return instant(value)


class ZoneField(TextField):
    """The name of an IANA time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if valid_zone not in self.validators:  # a model's field brings it along
            self.validators = [*self.validators, valid_zone]


class IdField(serializers.UUIDField):
    default_error_messages = {"invalid": _("An id is a UUID.")}

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not CANONICAL.fullmatch(data):
            self.fail("invalid")
        return UUID(data)


class NewIdField(IdField):
    """The id a client chose for a new row: RFC 9562, any version; 7 sorts by time and is best."""

    default_error_messages = {"version": _("An id of your own is a UUID of version 1 to 8.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False} | kwargs)

    def to_internal_value(self, data: Any) -> UUID:
        value = super().to_internal_value(data)
        if value.version is None or not 1 <= value.version <= 8:
            self.fail("version")
        return value


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(serializers.JSONField):
    """A JSON object of at most 16 kB."""

    default_error_messages = {
        "invalid": _("This must be a JSON object."),
        "too_large": _("This object is too large."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        if len(str(data)) > 16 * 1024:
            self.fail("too_large")
        return data


class ListField(serializers.ListField):
    """A list, never a text or a form's repeated value."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 500} | kwargs)

    def get_value(self, dictionary: Any) -> Any:
        return dictionary.get(self.field_name, empty)


class NamesField(ListField):
    """Names that mean the same whatever their case, such as those of tags."""


class RowField(IdField):
    """The id of a row that is in the household and may be seen; gives the row.

    `rows` answers the rows that may be named; it is called inside the scope.
    """

    default_error_messages = {"unknown": _("There is no such row in the household.")}

    def __init__(self, rows: Callable[[], QuerySet[Any]], **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        row = self.rows().filter(pk=super().to_internal_value(data)).first()
        if row is None:
            self.fail("unknown")
        return row

    def to_representation(self, value: Any) -> str:
        return str(value.pk if isinstance(value, Model) else value)


class RowsField(ListField):
    """Ids of rows, each once; gives the rows in that order, after one query for all of them."""

    default_error_messages = {
        "unknown": _("There is no such row in the household."),
        "twice": _("This one stands here twice."),
    }

    def __init__(self, rows: Callable[[], QuerySet[Any]], **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(child=IdField(), **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        ids: list[UUID] = super().to_internal_value(data)
        found = self.rows().in_bulk(ids) if ids else {}
        errors: dict[Any, Any] = {
            index: [self._error("twice" if pk in ids[:index] else "unknown")]
            for index, pk in enumerate(ids)
            if pk not in found or pk in ids[:index]
        }
        if errors:
            raise serializers.ValidationError(errors)
        return [found[pk] for pk in ids]

    def to_representation(self, data: Iterable[Any]) -> list[str]:
        return [str(row.pk if isinstance(row, Model) else row) for row in data]

    def _error(self, code: str) -> ErrorDetail:
        message: str | Promise = self.error_messages[code]
        return ErrorDetail(str(message), code)
