"""allauth's forms in the words of the house."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from django.forms import Form
from django.utils.translation import gettext_lazy as _

# The rules one by one are said when one of them is broken.
PASSWORD_RULE = _("Ten characters or more, not all of them digits.")


class LoginForm(forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_email(self, "login")
        self.fields["remember"].label = _("Stay signed in on this device")


class SignupForm(forms.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_email(self, "email")
        self.fields["password1"].help_text = PASSWORD_RULE


class AddEmailForm(forms.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_email(self, "email")


class ResetPasswordForm(forms.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_email(self, "email")


class ChangePasswordForm(forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        _name_new_password(self)


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_new_password(self)


def _name_new_password(form: Form) -> None:
    form.fields["password1"].label = _("New password")
    form.fields["password1"].help_text = PASSWORD_RULE
    form.fields["password2"].label = _("New password, once more")
    _say_it_once(form, "password1", "password2")


def _name_email(form: Form, name: str) -> None:
    form.fields[name].label = _("E-mail")
    _say_it_once(form, name)


def _say_it_once(form: Form, *names: str) -> None:
    """The label says it already."""
    for name in names:
        form.fields[name].widget.attrs.pop("placeholder", None)
