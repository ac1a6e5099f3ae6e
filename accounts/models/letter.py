"""Letters about an account, between the page that wrote them and the mail server."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.guild.insert_only import InsertOnly
from accounts.guild.models import NAME, Row
from accounts.secrets import EncryptedField


class Letter(Row):
    """One letter that is still to be handed over; the row goes when that is done.

    Whoever reads the letter may open the account, so that it lies here encrypted, pages cannot
    see it, and no message to a worker holds it.
    """

    # Address, subject and both texts, as JSON.
    content = EncryptedField()
    try_at = models.DateTimeField(db_default=Now())
    failures = models.PositiveSmallIntegerField(db_default=0)

    class Meta(Row.Meta):
        constraints = [*Row.Meta.constraints, InsertOnly(name=f"{NAME}_policy")]
        indexes = [models.Index(fields=["try_at"], name="accounts_letter_try")]

    def __str__(self) -> str:
        return str(self.pk)
