"""Fields that the forms of every slice share."""

from __future__ import annotations

from typing import Any, Self

from django import forms

from accounts.guild.models import Visibility
from accounts.models import Member


def offer_only_herself(form: forms.Form, member: Member) -> None:
    """Let a form offer a viewer what she may write: rows for herself that nobody else sees."""
    if member.can_write:
        return
    for field in form.fields.values():
        if isinstance(field, PeopleField):
            field.queryset = Member.objects.filter(pk=member.pk)
    visibility = form.fields["visibility"]
    assert isinstance(visibility, forms.ChoiceField)
    visibility.choices = [(Visibility.PRIVATE.value, Visibility.PRIVATE.label)]
    visibility.initial = Visibility.PRIVATE


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    """Boxes with those who live here, whoever moved in first standing first."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(None, **{"required": False} | kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # A form copies its fields when it is made, which is inside a guild; the class is not.
        field = super().__deepcopy__(memo)
        field.queryset = Member.objects.filter(left_at=None).order_by("joined_at")
        return field
