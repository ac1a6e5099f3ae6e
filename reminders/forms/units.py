"""A span of time as it is typed: a number, and minutes, hours or days beside it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

UNITS = {"minutes": 1, "hours": 60, "days": 1440}
NAMES = [
    ("minutes", gettext_lazy("minutes")),
    ("hours", gettext_lazy("hours")),
    ("days", gettext_lazy("days")),
]


def unit_field() -> forms.ChoiceField:
    """What is not said is minutes."""
    return forms.ChoiceField(label=gettext_lazy("Unit"), required=False, choices=NAMES)


def shown(minutes: float | None) -> tuple[float | None, str]:
    """The number and the unit for so many minutes: 120 is shown as 2 hours, 90 as 90 minutes."""
    if not minutes:
        return None, "minutes"
    unit = next(name for name in ("days", "hours", "minutes") if _fits(minutes, name))
    number = minutes / UNITS[unit]
    return (int(number) if number.is_integer() else number), unit


def minutes_of(
    form: forms.Form, number: str, unit: str, *, least: float, most: float
) -> float | None:
    """The minutes that two fields say; beside the number it is said when they are out of bounds."""
    typed: float | None = form.cleaned_data.get(number)
    if typed is None:
        return None
    minutes = typed * UNITS[form.cleaned_data.get(unit) or "minutes"]
    if not least <= minutes <= most:
        text = _("Between %(least)s minutes and %(most)s days.")
        form.add_error(number, text % {"least": least, "most": int(most // 1440)})
    return minutes


def _fits(minutes: float, unit: str) -> bool:
    return unit == "minutes" or minutes % UNITS[unit] == 0


def stage_names(position: int) -> dict[str, str]:
    """What the fields of a stage are called."""
    return {name: f"stage_{position}_{name}" for name in ("after", "unit", "to", "way")}
