"""What a member may type of a task."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.guild.forms import PeopleField, offer_only_herself
from accounts.guild.models import Visibility
from accounts.models import Member
from config.web.chosen import zone_or
from config.web.fields import valid_zone
from config.web.forms import ClockInput, DayField
from productivity.tasks.models import Priority, Task

MOST_TAGS = 20


class TagsField(forms.CharField):
    """Words with commas between them."""

    def to_python(self, value: Any) -> Any:
        names = [part.strip() for part in (super().to_python(value) or "").split(",")]
        return [name for name in names if name]

    def validate(self, value: Any) -> None:
        if len(value) > MOST_TAGS:
            raise forms.ValidationError(_("At most 20 tags."), "too_many")
        if any(len(name) > 50 for name in value):
            raise forms.ValidationError(_("A tag has at most 50 characters."), "too_long")

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class TaskForm(forms.Form):
    title = forms.CharField(label=_("What is to be done?"), max_length=255)
    due_on = DayField(label=_("Due on"), required=False)
    due_time = forms.TimeField(label=_("At"), required=False, widget=ClockInput)
    assignees = PeopleField(label=_("Who does it?"))
    priority = forms.ChoiceField(
        label=_("Priority"), choices=Priority.choices, initial=Priority.MEDIUM, required=False
    )
    tags = TagsField(label=_("Tags"), required=False, help_text=_("Separate them with commas."))
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    visibility = forms.ChoiceField(
        label=_("Who may see it?"),
        choices=Visibility.choices,
        initial=Visibility.HOUSEHOLD,
        required=False,
    )
    time_zone = forms.CharField(
        label=_("Time zone"), required=False, max_length=64, validators=[valid_zone]
    )

    def __init__(self, *args: Any, member: Member, task: Task | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task = task
        self.initial = self._of(task, member.home_zone) | dict(self.initial)
        offer_only_herself(self, member)

    @staticmethod
    def _of(task: Task | None, zone: str) -> dict[str, Any]:
        if task is None:
            return {"time_zone": zone}
        return {
            "title": task.title,
            "description": task.description,
            "priority": task.priority,
            "due_on": task.due_on,
            "due_time": task.due_time,
            "time_zone": zone_or(task.time_zone, zone).key,
            "visibility": task.visibility,
            "assignees": [link.member_id for link in task.assigned.all()],
            "tags": [tag.name for tag in task.tags],
        }

    def said(self) -> dict[str, Any]:
        """What the form holds, as the actions take it; fields that were not sent are left alone."""
        sent = {name for name in self.cleaned_data if self.add_prefix(name) in self.data}
        # Boxes that are not ticked are not sent, but the hidden marker says they were shown.
        if "shown" in self.data:
            sent |= {"assignees", "tags", "due_on", "due_time"}
        never_blank = {"priority", "visibility", "time_zone"}
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in sent and (value or name not in never_blank)
        }
