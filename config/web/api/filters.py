"""Filters of lists: declared as FilterSets, read strictly. Pages may share the FilterSet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from config.web.api import fields as ours

OF_PAGES = frozenset({"limit", "cursor", "order"})


class StrictField(forms.CharField):
    """A form field that reads as the serializer field of the same meaning does."""

    reads: type[serializers.Field[Any, Any, Any, Any]]

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            return self.reads().run_validation(text)
        except serializers.ValidationError as error:
            raise forms.ValidationError([str(detail) for detail in error.detail]) from error


class DayFormField(StrictField):
    reads = ours.DayField


class InstantFormField(StrictField):
    reads = ours.InstantField


class IdFormField(StrictField):
    reads = ours.IdField


class FlagFormField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        if text not in {"true", "false"}:
            raise forms.ValidationError(_("This is either true or false."))
        return text == "true"


class DayFilter(django_filters.Filter):
    field_class = DayFormField
    schema = {"type": "string", "format": "date"}


class InstantFilter(django_filters.Filter):
    field_class = InstantFormField
    schema = {"type": "string", "format": "date-time"}


class IdFilter(django_filters.Filter):
    field_class = IdFormField
    schema = {"type": "string", "format": "uuid"}


class FlagFilter(django_filters.Filter):
    field_class = FlagFormField
    schema = {"type": "boolean"}


class TextFilter(django_filters.CharFilter):
    schema = {"type": "string", "minLength": 1, "maxLength": 200}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 200} | kwargs)


class ChoiceFilter(django_filters.ChoiceFilter):
    """One of the words."""


class ChoicesFilter(django_filters.MultipleChoiceFilter):
    """Any of the words; the parameter may be repeated."""


class TrashFilter(django_filters.FilterSet):
    """Base of the filters of rows with a trash: `deleted` asks for what lies in it."""

    deleted = FlagFilter(method="filter_deleted")

    def filter_deleted(self, rows: Any, _name: str, _value: bool) -> Any:  # noqa: FBT001
        """Read by `TrashRows`, which otherwise shows live rows alone."""
        return rows


def apply(
    filters: type[django_filters.FilterSet] | None, params: QueryDict, queryset: QuerySet[Any]
) -> QuerySet[Any]:
    """The queryset without what the parameters rule out.

    Raises ValidationError for a name, a value or a repetition that is not declared.
    """
    if not params or (OF_PAGES.issuperset(params) and not _repeated(params, {})):
        return queryset
    known = filters.base_filters if filters else {}
    if errors := {**_unknown(params, known), **_repeated(params, known)}:
        raise serializers.ValidationError(errors)
    if not filters:
        return queryset
    filterset = filters(params, queryset=queryset)
    if not filterset.is_valid():
        raise serializers.ValidationError(
            {
                name: [ErrorDetail(error.messages[0], error.code or "invalid") for error in found]
                for name, found in filterset.errors.as_data().items()
            }
        )
    narrowed: QuerySet[Any] = filterset.qs
    return narrowed


def _unknown(params: QueryDict, known: Iterable[str]) -> dict[str, list[ErrorDetail]]:
    return {
        name: [ErrorDetail(_("There is no such parameter."), "unknown_parameter")]
        for name in params
        if name not in OF_PAGES and name not in known
    }


def _repeated(params: QueryDict, known: Any) -> dict[str, list[ErrorDetail]]:
    errors = {}
    for name, values in params.lists():
        if "" in values:
            errors[name] = [ErrorDetail(_("This parameter is empty."), "blank")]
        elif len(values) > 1 and not isinstance(known.get(name), ChoicesFilter):
            errors[name] = [ErrorDetail(_("This parameter may stand once."), "repeated")]
    return errors
