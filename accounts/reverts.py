"""The way back for changes of a household, of its members and of when they are away."""

from __future__ import annotations

from datetime import datetime

from accounts.actions import absence as absences
from accounts.actions import guild as guilds
from accounts.actions import member as members
from accounts.history import as_said, revertible
from accounts.models import Absence, Change, Guild, Member, Role


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


@revertible("absence", least=Role.VIEWER)
def revert_absence(change: Change, *, by: Member, at: datetime) -> None:
    absence = absences.locked(change.entity_id)
    match change.verb:
        case "added" | "restored":
            absences.delete_absence(absence, by=by, at=at)
        case "deleted":
            absences.restore_absence(absence, by=by)
        case _:
            absences.edit_absence(absence, by=by, **as_said(Absence, change.before))
