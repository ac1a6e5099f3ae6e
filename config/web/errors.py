"""What a member must be told: raised by actions, shown by a form, a page or a problem document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.db import IntegrityError
from django.utils.translation import gettext as _


class Refused(Exception):  # noqa: N818  # not an error of ours, an answer to the member
    """An act that the rules do not allow; `message` is in the member's language."""

    def __init__(
        self, message: str, code: str, *, field: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.field, self.status = message, code, field, status

    def show_in(self, form: forms.BaseForm) -> None:
        """Put the message beside the field it is about, or above the form.

        What no other words in the form would mend is raised again: that the role is too low.
        """
        if self.status == 403:
            raise self
        form.add_error(self.field if self.field in form.fields else None, self.message)


def forbidden(message: str) -> Refused:
    """A refusal of something the member may see but not change."""
    return Refused(message, "forbidden", status=403)


def conflict(message: str, code: str = "conflict", field: str | None = None) -> Refused:
    return Refused(message, code, field=field, status=409)


def id_taken() -> Refused:
    """What is said to a row that carries the id of another one."""
    return conflict(_("This id is taken."), "id_taken", "id")


@contextmanager
def refusing(**rules: Refused) -> Iterator[None]:
    """Raise the refusal named for a constraint when the database holds it against the block.

    The transaction is broken then: the refusal has to leave the action that wrote.
    """
    try:
        yield
    except IntegrityError as error:
        if refusal := rules.get(violated(error)):
            raise refusal from error
        raise


def violated(error: IntegrityError) -> str:
    """The name of the constraint that the database held against us; '' when it names none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return (diagnosis.constraint_name if diagnosis else None) or ""
