"""Lets a person into the administration: bin/manage staff ada@home.example"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse

from accounts.models import User


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--remove", action="store_true", help="take the right away again")

    def handle(self, *, email: str, remove: bool, **_: Any) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email!r} is no e-mail address.") from error
        user = User.objects.filter(email__iexact=email).first()
        if user is None and remove:
            raise CommandError(f"Nobody here has the address {email}.")
        is_new = user is None
        user = user or User.objects.create_user(email)
        user.is_staff = user.is_superuser = not remove
        user.save(update_fields=["is_staff", "is_superuser"])
        self.stdout.write(f"{user.email} is {'no longer ' if remove else ''}staff.")
        if is_new:
            self.stdout.write(f"The first password is set here: {first_password_url(user)}")


def first_password_url(user: User) -> str:
    """Where someone without a password sets one; it works once, for the usual days."""
    key = default_token_generator.make_token(user)
    where = {"uidb36": user_pk_to_url_str(user), "key": key}
    return f"{settings.BASE_URL}{reverse('account_reset_password_from_key', kwargs=where)}"
