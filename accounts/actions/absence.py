"""When members are away: written down by themselves, or by an admin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.guild.ids import uuid7
from accounts.models import Absence, Member
from config.web.errors import Refused, conflict, forbidden, id_taken, refusing
from config.web.live import publish

FIELDS = ["member", "from_on", "until_on", "deleted_at"]


def may_note(member: Member, *, by: Member) -> bool:
    """Whether `by` may say when the member is away: she herself, also a viewer, and admins."""
    return by.left_at is None and (member.pk == by.pk or by.is_admin)


@transaction.atomic
def add_absence(
    *,
    by: Member,
    from_on: date,
    until_on: date,
    member: Member | None = None,
    id: UUID | None = None,
) -> Absence:
    """The member, usually oneself, is away from the first to the last day, both included.

    Raises Refused for days that run backwards (400), for some of which she is away already, and
    for a taken id (409).
    """
    row = Absence(
        id=id or uuid7(), member=member or by, from_on=from_on, until_on=until_on, created_by=by
    )
    _require(row, by=by)
    with _sound(row):
        row.save(force_insert=True)
    return _said("added", row, by=by, after=history.snapshot(row, FIELDS))


@transaction.atomic
def edit_absence(
    absence: Absence,
    *,
    by: Member,
    from_on: date | None = None,
    until_on: date | None = None,
    member: Member | None = None,
) -> Absence:
    """The absence with other days; nothing is written when nothing differs.

    Raises Refused like `add_absence`, and for another member.
    """
    row = locked(absence.pk)
    _require(row, by=by)
    if member is not None and member.pk != row.member_id:
        raise Refused(_("An absence stays its member’s."), "member_stays", field="member")
    before = history.snapshot(row, FIELDS)
    row.from_on, row.until_on = from_on or row.from_on, until_on or row.until_on
    old, new = history.differences(before, history.snapshot(row, FIELDS))
    if not new:
        return row
    with _sound(row):
        row.save(update_fields=["from_on", "until_on"])
    return _said("edited", row, by=by, before=old, after=new)


@transaction.atomic
def delete_absence(absence: Absence, *, by: Member, at: datetime) -> bool:
    """Take the absence away; False if somebody had."""
    return _move(absence, "deleted", by=by, deleted_at=at)


@transaction.atomic
def restore_absence(absence: Absence, *, by: Member) -> bool:
    """Bring a deleted one back; False if it was there. Raises Refused (409) for days that another
    one has taken since.
    """
    return _move(absence, "restored", by=by, deleted_at=None)


def locked(pk: UUID) -> Absence:
    """The absence as it is now, held until the end of the transaction."""
    rows = Absence.objects.select_for_update(of=["self"]).select_related("member")
    row: Absence = rows.get(pk=pk)
    return row


def _move(absence: Absence, verb: str, *, by: Member, deleted_at: datetime | None) -> bool:
    row = locked(absence.pk)
    _require(row, by=by)
    if (row.deleted_at is None) == (deleted_at is None):
        return False
    before = history.snapshot(row, ["deleted_at"])
    row.deleted_at = deleted_at
    with _sound(row):
        row.save(update_fields=["deleted_at"])
    _said(verb, row, by=by, before=before, after=history.snapshot(row, ["deleted_at"]))
    return True


def _require(row: Absence, *, by: Member) -> None:
    if not may_note(row.member, by=by):
        raise forbidden(_("Your role does not allow this."))


@contextmanager
def _sound(row: Absence) -> Iterator[None]:
    """Say in words what the database holds against the days."""
    if row.until_on < row.from_on:
        text = _("The last day lies before the first.")
        raise Refused(text, "backwards", field="until_on")
    # Two at once wait for each other here: inside the constraint they could end in a deadlock.
    Member.objects.select_for_update(no_key=True).get(pk=row.member_id)
    overlap = conflict(
        _("Some of these days are in another absence already. Change that one instead."),
        "overlap",
        "from_on",
    )
    with refusing(accounts_absence_pkey=id_taken(), accounts_absence_no_overlap=overlap):
        yield


def _said(
    verb: str,
    row: Absence,
    *,
    by: Member,
    after: dict[str, object],
    before: dict[str, object] | None = None,
) -> Absence:
    """The row as it is stored, after history and open pages were told."""
    history.record(verb, row, by=by, before=before, after=after)
    publish("absence", row.pk, guild=row.guild_id)
    row.refresh_from_db(fields=["updated_at"])
    return row
