"""How every form looks: `{{ form }}` and `{{ form.title.as_field_group }}` in our components.

`templates/_form.html` is a whole form, `templates/_field.html` one field of it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, RadioSelect, Widget
from django.utils.translation import gettext_lazy as _

from config.web.api.fields import FIRST_DAY, LAST_DAY


class Field(BoundField):
    """A bound field whose control carries the class of our component."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> Any:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        if not self._ticked(widget):
            given = attrs.get("class") or widget.attrs.get("class", "")
            attrs["class"] = f"input {given}".strip()
        if self._repeats_label(widget.attrs.get("placeholder")):
            attrs["placeholder"] = False
        return attrs

    @property
    def boxes(self) -> bool:
        """Whether the control is a box to tick, so that its label stands behind it."""
        return isinstance(self.field.widget, CheckboxInput)

    def _repeats_label(self, placeholder: str | None) -> bool:
        """Whether the field says its own label a second time, as allauth's forms do."""
        said, label = str(placeholder or "").casefold(), str(self.label).casefold()
        return bool(said) and (said in label or label in said)

    @staticmethod
    def _ticked(widget: Widget) -> bool:
        return isinstance(widget, CheckboxInput | CheckboxSelectMultiple | RadioSelect)


class FormRenderer(TemplatesSetting):
    form_template_name = "_form.html"
    field_template_name = "_field.html"
    bound_field_class = Field


class DayInput(forms.DateInput):
    """The browser's own calendar; without one, a text field for 2026-06-11."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day that every calendar here knows, the API's bounds."""

    widget = DayInput
    default_error_messages = {"range": _("The day must lie between 1970 and 9998.")}

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not FIRST_DAY <= value <= LAST_DAY:
            raise forms.ValidationError(self.error_messages["range"], "range")


class ClockInput(forms.TimeInput):
    """The browser's own clock; without one, a text field for 07:15."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class MomentInput(forms.DateTimeInput):
    """Day and clock in one field, in the active zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")
