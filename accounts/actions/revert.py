"""Putting a row back to what it was before one change."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import history
from accounts.actions.member import require_role
from accounts.models import Change, Member, Role
from config.web.errors import conflict


@transaction.atomic
def revert_change(change: Change, *, by: Member, at: datetime) -> None:
    """Undo one change; what undoes it is a change again.

    Raises Refused when the kind of row knows no way back (409), when the change is another's and
    `by` no admin (403), and when something later touched the same fields (409).
    """
    revert = history.revert_of(change)
    if revert is None:
        raise conflict(_("This cannot be taken back."), "not_revertible")
    require_role(by, Role.MEMBER if change.actor_id == by.pk else Role.ADMIN)
    if _overtaken(change):
        text = _("This was changed again meanwhile. Take back the later change first.")
        raise conflict(text, "overtaken")
    revert(change, by=by, at=at)


def _overtaken(change: Change) -> bool:
    """Whether a later change touched what this one did; one without fields touches all."""
    same_row = Change.objects.filter(kind=change.kind, entity_id=change.entity_id)
    behind = Q(created_at__gt=change.created_at) | Q(created_at=change.created_at, pk__gt=change.pk)
    touched = _fields(change)
    return any(
        not touched or not fields or touched & fields
        for fields in map(_fields, same_row.filter(behind))
    )


def _fields(change: Change) -> set[str]:
    return set(change.before or {}) | set(change.after or {})
