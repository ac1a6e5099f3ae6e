"""Links into the household."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import access, history
from accounts.actions.member import recount, require_role
from accounts.actions.withdraw import withdraw_invites
from accounts.guild.scope import guild_scope
from accounts.models import Invite, Member, Role, User
from config.web.errors import Refused
from config.web.live import publish

DAYS = 7
MOST_DAYS = 90
MOST_USES = 100
FIELDS = ["role", "expires_at", "uses_left"]


@transaction.atomic
def invite(
    *,
    by: Member,
    at: datetime,
    role: Role = Role.MEMBER,
    expires_at: datetime | None = None,
    uses: int = 1,
) -> tuple[Invite, str]:
    """A new invitation and its code, which is shown this once; only its hash is kept."""
    require_role(by, Role.ADMIN)
    if role == Role.ADMIN:
        require_role(by, Role.OWNER)
    if expires_at is None:
        expires_at = at + timedelta(days=DAYS)
    _require_bounds(role, expires_at - at, uses)
    code = secrets.token_urlsafe(24)
    row = Invite.objects.create(
        code_hash=access.hash_secret(code),
        role=role,
        expires_at=expires_at,
        uses_left=uses,
        created_by=by,
    )
    history.record("invited", row, by=by, after=history.snapshot(row, FIELDS), title="")
    return row, code


@transaction.atomic
def revoke_invite(invite: Invite, *, by: Member, at: datetime) -> None:
    """Close an invitation; twice is harmless."""
    require_role(by, Role.ADMIN)
    withdraw_invites(by=by, at=at, pk=invite.pk)


def accept_invite(code: str, *, by: User, at: datetime) -> Member:
    """The membership that the code opens; who is in already keeps hers and spends nothing.

    Raises Refused (404) for a code that is unknown, over, revoked or used up.
    """
    invitation = access.invitation(code)
    if invitation is None:
        raise _over()
    with guild_scope(invitation.guild_id):
        row = Invite.objects.select_for_update().get(pk=invitation.id)
        member = Member.objects.select_related("guild").filter(user=by).first()
        if member and member.left_at is None:
            return member
        _spend(row)
        member = _join(member, invitation, by=by, at=at)
        recount(invitation.guild_id)
        history.record("joined", member, by=member)
        publish("member", member.pk, guild=invitation.guild_id)
        # Whole, with its guild: outside the scope nobody can load that any more.
        return Member.objects.select_related("guild").get(pk=member.pk)


def _require_bounds(role: Role, span: timedelta, uses: int) -> None:
    if role == Role.OWNER:
        raise Refused(_("A household is handed over, not offered."), "never_owner", field="role")
    if not timedelta(0) < span <= timedelta(days=MOST_DAYS):
        text = _("Choose a moment within the next %(n)s days.") % {"n": MOST_DAYS}
        raise Refused(text, "invite_span", field="expires_at")
    if not 1 <= uses <= MOST_USES:
        text = _("Choose a number from 1 to %(n)s.") % {"n": MOST_USES}
        raise Refused(text, "invite_uses", field="uses")


def _spend(invite: Invite) -> None:
    """Use the locked invitation once; of two at the same moment only one gets the last use."""
    if invite.uses_left < 1 or invite.revoked_at is not None:
        raise _over()
    Invite.objects.filter(pk=invite.pk).update(uses_left=F("uses_left") - 1)


def _over() -> Refused:
    return Refused(_("This invitation is not valid any more."), "invite_invalid", status=404)


def _join(
    member: Member | None, invitation: access.Invitation, *, by: User, at: datetime
) -> Member:
    if member:  # somebody comes back
        member.role, member.left_at, member.joined_at = invitation.role, None, at
        member.save(update_fields=["role", "left_at", "joined_at"])
        return member
    colours = list(Member.objects.filter(left_at=None).values_list("colour", flat=True))
    free = min(range(1, 9), key=lambda colour: (colours.count(colour), colour))
    defaults = {
        "role": invitation.role,
        "nickname": by.name[:100],
        "colour": free,
        "joined_at": at,
    }
    # Two clicks at once make one member.
    return Member.objects.get_or_create(user=by, defaults=defaults)[0]
