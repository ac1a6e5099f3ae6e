"""What a reminder says and belongs to, as it is typed, and what the parts of its form share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from config.web.errors import Refused
from reminders import sources
from reminders.models import Reminder

# Where the form shows what the actions call otherwise.
SHOWN = {
    "at": "on",
    "starts_on": "on",
    "month_day": "month_on",
    "nth": "month_on",
    "nag": "nag_every",
    "escalate": "stage_0_to",
}


class BaseReminderForm(forms.Form):
    message = forms.CharField(
        label=_("What shall it say?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    source_kind = forms.CharField(required=False, widget=forms.HiddenInput)
    source_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        member: Member,
        reminder: Reminder | None = None,
        source: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.member, self.reminder = member, reminder
        self.source = _source_of(reminder, source or {})
        self.offer()
        self.initial = (self.of(reminder) if reminder else self.usual()) | dict(self.initial)

    def offer(self) -> None:
        """What can be chosen here and now."""
        if self.source:
            self.fields["message"].help_text = _("Left blank, it says what it belongs to.")

    def choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def usual(self) -> dict[str, Any]:
        """What stands in the form of a new one."""
        return {
            "source_kind": self.source[0] if self.source else "",
            "source_id": self.source[1] if self.source else None,
        }

    def of(self, reminder: Reminder) -> dict[str, Any]:
        """What stands in the form of one that is there."""
        return {
            "message": reminder.message,
            "source_kind": reminder.source_kind,
            "source_id": reminder.source_id,
        }

    @property
    def source_text(self) -> str:
        """What the reminder belongs to, '' for nothing or for what the member cannot see."""
        if not self.source:
            return ""
        kind, pk = self.source
        source = sources.source_of(kind)
        return source.text([pk]).get(pk, "") if source else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("message", "").strip() and not self.source and "message" not in self.errors:
            self.add_error("message", _("Say what it is about."))
        return data

    def said(self) -> dict[str, Any]:
        """What the form holds, as the actions take it."""
        # Browsers end lines in a way of their own.
        message = self.cleaned_data["message"].replace("\r\n", "\n")
        return {"message": message, "source": self.source}

    def refuse(self, refusal: Refused) -> None:
        """Show what an action refused beside the field it is about."""
        refusal.field = SHOWN.get(refusal.field or "", refusal.field)
        refusal.show_in(self)


def _source_of(reminder: Reminder | None, given: dict[str, str]) -> tuple[str, UUID] | None:
    if reminder:
        return (reminder.source_kind, reminder.source_id) if reminder.source_id else None
    try:
        pk = UUID(given.get("source_id", ""))
    except ValueError:
        return None
    return (given["source_kind"], pk) if sources.source_of(given["source_kind"]) else None
