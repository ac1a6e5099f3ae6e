"""Closing invitations: one by hand, or those whose links somebody knows who may not any more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts import history
from accounts.models import Invite, Member


def withdraw_invites(*, by: Member, at: datetime, **which: Member | UUID) -> None:
    """Close the open invitations, all of the household or those that `which` names."""
    for invite in Invite.objects.open(at=at).filter(**which).select_for_update():
        Invite.objects.filter(pk=invite.pk).update(revoked_at=at)
        history.record("revoked", invite, by=by, title="")
