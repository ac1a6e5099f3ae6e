"""What lists about people can be narrowed to."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django_filters import FilterSet

from accounts.models import Absence
from config.web.api.filters import DayFilter, IdFilter


class AbsenceFilter(FilterSet):
    """`on`: away on that day; `days_from`, `days_until`: with a day in that span."""

    member = IdFilter()
    on = DayFilter(method="filter_on")
    days_from = DayFilter(field_name="until_on", lookup_expr="gte")
    days_until = DayFilter(field_name="from_on", lookup_expr="lte")

    class Meta:
        model = Absence
        fields: list[str] = []

    def filter_on(self, rows: Any, _name: str, on: date) -> QuerySet[Any]:
        found: QuerySet[Any] = rows.touching(on, on)
        return found
