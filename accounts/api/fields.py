"""Members in bodies, named by their ids."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from config.web.api.fields import RowField, RowsField

UNKNOWN: dict[str, Any] = {"unknown": _("There is no such member in the household.")}


def living() -> QuerySet[Member]:
    """Who is in the household now."""
    members: QuerySet[Member] = Member.objects.filter(left_at=None)
    return members


class MemberField(RowField):
    default_error_messages = UNKNOWN

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(living, **kwargs)


class MembersField(RowsField):
    default_error_messages = UNKNOWN

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(living, **kwargs)
