"""What a person may type about herself and her household."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SignupForm(forms.Form):
    """Fields that allauth's sign-up form takes over."""

    first_name = forms.CharField(
        label=_("What shall we call you?"), max_length=100, required=False
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        user.first_name = self.cleaned_data.get("first_name", "")
        user.save(update_fields=["first_name"])
