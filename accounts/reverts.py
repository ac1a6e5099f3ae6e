"""The way back for changes of a household and of its members."""

from __future__ import annotations

from datetime import datetime

from accounts.actions import guild as guilds
from accounts.actions import member as members
from accounts.history import revertible
from accounts.models import Change, Guild, Member


def _manages_others(change: Change, *, by: Member) -> bool:
    """Whether it is about more than one's own name and colour."""
    return change.entity_id != by.pk or "role" in (change.before or {})


@revertible("guild", "edited", manages=lambda _change, *, by: True)  # noqa: ARG005
def revert_guild(change: Change, *, by: Member, at: datetime) -> None:  # noqa: ARG001
    guilds.edit_guild(Guild.objects.get(pk=change.entity_id), by=by, **(change.before or {}))


@revertible("member", "edited", "removed", manages=_manages_others)
def revert_member(change: Change, *, by: Member, at: datetime) -> None:
    member = Member.objects.get(pk=change.entity_id)
    if change.verb == "removed":
        members.readmit_member(member, by=by)
    else:
        members.edit_member(member, by=by, at=at, **(change.before or {}))
