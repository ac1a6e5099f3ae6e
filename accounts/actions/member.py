"""What happens to members: roles, names, leaving, handing over."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.actions.withdraw import withdraw_invites
from accounts.guild.models import MadeByMember
from accounts.models import Change, Guild, Member, Role
from config.web.errors import conflict, forbidden
from config.web.live import end_streams, publish

FIELDS = ["nickname", "colour", "role"]


def require_role(member: Member, role: Role) -> None:
    """Raise Refused (403) unless the member has at least this role."""
    if not member.may(role):
        raise forbidden(_("Your role does not allow this."))


def require_write(row: MadeByMember, *, by: Member) -> None:
    """Raise Refused (403) unless the member may change the row.

    Every act on such a row asks, one that changes it before and after.
    """
    if not row.is_writable_by(by):
        raise forbidden(_("Your role does not allow this."))


def require_restore(row: MadeByMember, *, by: Member) -> None:
    """Raise Refused (403) unless the member may take the row out of the trash."""
    if not row.is_restorable_by(by):
        raise forbidden(_("Your role does not allow this."))


@transaction.atomic
def edit_member(member: Member, *, by: Member, at: datetime, **changes: Any) -> Member:
    """The member with another name, colour or role.

    One's own name and colour are everybody's to change; those of others an admin's, below admin;
    roles of and to admin are the owner's. The links that a former admin made are withdrawn.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    before = history.snapshot(member, FIELDS)
    for name, value in changes.items():
        setattr(member, name, value)
    old, new = history.differences(before, history.snapshot(member, FIELDS))
    if not new:
        return member
    _require_right_over(member, by, role_before=Role(old.get("role", member.role)), changed=new)
    member.save(update_fields=list(new))
    history.record("edited", member, by=by, before=old, after=new)
    publish("member", member.pk, guild=member.guild_id)
    if "role" in new:
        end_streams(member.guild_id, member.pk)
        if not member.is_admin:
            withdraw_invites(by=by, at=at, created_by=member)
    member.refresh_from_db()
    return member


@transaction.atomic
def leave_guild(member: Member, *, at: datetime) -> None:
    """End one's own membership, and the links that one made; the owner has to hand over first.

    Twice is harmless.
    """
    member = Member.objects.select_for_update().get(pk=member.pk)
    if member.role == Role.OWNER:
        raise conflict(
            _("A household needs an owner. Hand it over to somebody first."), "last_owner"
        )
    _end(member, by=member, at=at, verb="left", created_by=member)


@transaction.atomic
def remove_member(member: Member, *, by: Member, at: datetime) -> None:
    """End somebody else's membership; admins are removed by the owner alone.

    Every open link into the household is withdrawn: they may know one.
    """
    if member.pk == by.pk:
        leave_guild(member, at=at)
        return
    member = Member.objects.select_for_update().get(pk=member.pk)
    _require_rank_over(by, Role(member.role))
    _end(member, by=by, at=at, verb="removed")


@transaction.atomic
def readmit_member(member: Member, *, by: Member) -> None:
    """Take back who was removed, with the role of before; twice is harmless."""
    member = Member.objects.select_for_update().get(pk=member.pk)
    _require_rank_over(by, Role(member.role))
    if not Member.objects.filter(pk=member.pk).exclude(left_at=None).update(left_at=None):
        return
    history.record("restored", member, by=by)
    recount(member.guild_id)
    publish("member", member.pk, guild=member.guild_id)


@transaction.atomic
def transfer_guild(guild: Guild, *, to: Member, by: Member) -> None:
    """Make `to` the owner; the former owner stays as an admin."""
    require_role(by, Role.OWNER)
    if to.pk == by.pk:
        return
    # The count tells a hand-over that came first: nobody gives away what is not hers any more.
    if not Member.objects.filter(pk=by.pk, role=Role.OWNER).update(role=Role.ADMIN):
        raise forbidden(_("Your role does not allow this."))
    able = Member.objects.filter(left_at=None, is_bot=False, user__is_active=True)
    if not able.filter(pk=to.pk).update(role=Role.OWNER):
        raise conflict(_("Only somebody who can sign in can own a household."), "no_user", "member")
    history.record(
        "handed over", guild, by=by, before={"owner": str(by.pk)}, after={"owner": str(to.pk)}
    )
    publish("member", to.pk, guild=guild.pk)
    end_streams(guild.pk, by.pk)
    end_streams(guild.pk, to.pk)


def may_undo(change: Change, member: Member, *, by: Member) -> bool:
    """Whether the actions here would let `by` put the member back to before this change."""
    before = change.before or {}
    if "role" in before:
        higher = max(Role(before["role"]).rank, Role(member.role).rank)
        if not by.may(Role.OWNER if higher >= Role.ADMIN.rank else Role.ADMIN):
            return False
        if set(before) == {"role"}:
            return True
    return (member.pk == by.pk and bool(before)) or by.manages(member)


def recount(guild: UUID) -> None:
    """Bring the cached number of members up to date."""
    # Whoever counts waits for who counted before: else neither of two sees the other.
    Guild.objects.select_for_update(no_key=True).get(pk=guild)
    living = Member.objects.filter(left_at=None, is_bot=False).count()
    Guild.objects.filter(pk=guild).update(member_count=living)


def _end(member: Member, *, by: Member, at: datetime, verb: str, **links: Member) -> None:
    """End the membership and withdraw `links`, all that are open unless some are named."""
    if not Member.objects.filter(pk=member.pk, left_at=None).update(left_at=at):
        return
    history.record(verb, member, by=by)
    # Before the count, as who joins takes the invitation first and the household's row last.
    withdraw_invites(by=by, at=at, **links)
    recount(member.guild_id)
    publish("member", member.pk, guild=member.guild_id)
    end_streams(member.guild_id, member.pk)


def _require_right_over(
    member: Member, by: Member, *, role_before: Role, changed: dict[str, Any]
) -> None:
    if "role" in changed:
        if Role.OWNER in (role_before, Role(member.role)):
            raise conflict(
                _("Hand the household over to change its owner."), "owner_is_handed_over", "role"
            )
        higher = max(role_before.rank, Role(member.role).rank)
        require_role(by, Role.OWNER if higher >= Role.ADMIN.rank else Role.ADMIN)
    if member.pk != by.pk and set(changed) - {"role"}:
        _require_rank_over(by, role_before)


def _require_rank_over(by: Member, role: Role) -> None:
    require_role(by, Role.ADMIN)
    if Role(by.role).rank <= role.rank:
        raise forbidden(_("Your role does not allow this."))
