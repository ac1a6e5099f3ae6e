"""What a member may say of her morning summary."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.web import words
from config.web.forms import ClockInput
from reminders import digests
from reminders.forms import WEEK
from reminders.models import Digest


class DigestForm(forms.Form):
    is_on = forms.BooleanField(label=_("Send me a morning summary"), required=False)
    time = forms.TimeField(
        label=_("At what time?"), widget=ClockInput, help_text=_("By the clock where you live.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which days?"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    contents = forms.MultipleChoiceField(
        label=_("What shall it hold?"), widget=forms.CheckboxSelectMultiple
    )
    also_empty = forms.BooleanField(label=_("Also when there is nothing to say"), required=False)
    also_away = forms.BooleanField(label=_("Also while I am away"), required=False)

    def __init__(self, *args: Any, digest: Digest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("weekdays", [(str(day), words.weekday(day)) for day in WEEK])
        self._choices("contents", digests.choices())
        keys = [key for key, _label in digests.choices()]
        self.initial = {
            "is_on": digest.is_on,
            "time": digest.time,
            "weekdays": [str(day) for day in digest.weekdays],
            "contents": keys if digest.contents is None else digest.contents,
            "also_empty": digest.also_empty,
            "also_away": digest.also_away,
        }

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_contents(self) -> list[str] | None:
        """All there are, also later ones, is None."""
        chosen: list[str] = self.cleaned_data["contents"]
        return None if len(chosen) == len(digests.choices()) else chosen
