"""Serializers that refuse what they do not know; their fields also say what rows look like."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.utils.field_mapping import ClassLookupDict

from config.web.api import fields as ours
from config.web.fields import ZoneField


class StrictSerializer(serializers.Serializer[Any]):
    """A body with exactly these fields."""

    default_error_messages = {
        "invalid": _("This must be a JSON object."),
        "unknown_field": _("There is no such field."),
        "read_only": _("This field cannot be written."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        errors = {name: [self._refusal(name)] for name in data if not self._takes(name)}
        errors |= self._missing_inside(data)
        try:
            value: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            named = cast("dict[str, Any]", error.detail)
            raise serializers.ValidationError({**errors, **named}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return value

    def _missing_inside(self, data: dict[str, Any]) -> dict[str, list[ErrorDetail]]:
        """An object within a body is whole, also in a PATCH: DRF would let it lack fields there."""
        if self.parent is None or not getattr(self.root, "partial", False):
            return {}
        return {
            name: [ErrorDetail(str(field.error_messages["required"]), "required")]
            for name, field in self.fields.items()
            if field.required and name not in data
        }

    def _takes(self, name: str) -> bool:
        field = self.fields.get(name)
        return field is not None and not field.read_only

    def _refusal(self, name: str) -> ErrorDetail:
        code = "read_only" if name in self.fields else "unknown_field"
        return ErrorDetail(str(self.error_messages[code]), code)


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """A row of a model. `Meta.rows` gives the SQL of fields that are no column of it.

    Uniqueness is left to the database and the actions: asking first would be a race.
    """

    serializer_field_mapping: ClassVar[Any] = {
        models.CharField: ours.TextField,
        models.TextField: ours.TextField,
        models.EmailField: serializers.EmailField,
        models.URLField: serializers.URLField,
        models.SlugField: ours.TextField,
        ZoneField: ours.ZoneField,
        models.BooleanField: ours.FlagField,
        models.IntegerField: ours.WholeField,
        models.PositiveIntegerField: ours.WholeField,
        models.SmallIntegerField: ours.WholeField,
        models.PositiveSmallIntegerField: ours.WholeField,
        models.BigIntegerField: ours.WholeField,
        models.FloatField: ours.NumberField,
        models.DecimalField: serializers.DecimalField,
        models.DateField: ours.DayField,
        models.TimeField: ours.ClockField,
        models.DateTimeField: ours.InstantField,
        models.UUIDField: ours.IdField,
        models.JSONField: ours.ObjectField,
        ArrayField: ours.ListField,
    }
    serializer_choice_field = ours.ChoiceField

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, built from the model once for each class and copied from then on."""
        built = type(self).__dict__.get("_built")
        if built is None:
            built = super().get_fields()
            type(self)._built = built  # type: ignore[attr-defined]
        return {name: _copied(field) for name, field in built.items()}

    def get_validators(self) -> list[Any]:
        return []

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        if isinstance(model_field, models.GeneratedField):
            mapping = ClassLookupDict(self.serializer_field_mapping)
            null = {"allow_null": True} if model_field.null else {}
            return mapping[model_field.output_field], {"read_only": True} | null
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if model_field.unique:
            kwargs["validators"] = [
                one for one in kwargs.get("validators", []) if not hasattr(one, "queryset")
            ]
        # DRF does not know defaults that the database fills in.
        if model_field.has_db_default() and not kwargs.get("read_only"):
            kwargs["required"] = False
        return field_class, kwargs

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        """Another row's id, to be read; what may be written is declared as RowField."""
        null = bool(relation_info.model_field and relation_info.model_field.null)
        return ours.IdField, {"read_only": True, "allow_null": null}


def _copied(field: Any) -> Any:
    """The field for one more serializer. Fields hold their parent, so that each needs its own; a
    deep copy builds the field anew, which only those with fields inside need.
    """
    compound = isinstance(field, serializers.BaseSerializer) or hasattr(field, "child")
    return copy.deepcopy(field) if compound else copy.copy(field)
