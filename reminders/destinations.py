"""What members do to their ways out, and admins to the household's own.

An address is a secret: it is kept encrypted, shown in part, and stands in no history.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from functools import partial
from typing import Any, Literal, NamedTuple, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.guild.ids import uuid7
from accounts.models import Member
from config.web.errors import Refused, conflict, forbidden, id_taken, refusing
from config.web.live import publish
from reminders.channels.addresses import Address, understood
from reminders.channels.webhook import new_signing_key
from reminders.engine.limits import lift_pause
from reminders.models import Channel, Destination

MOST = 30
FIELDS = [
    "name",
    "hint",
    "by_default",
    "quiet_from",
    "quiet_until",
    "switched_off_at",
    "deleted_at",
]


class DestinationFields(TypedDict, total=False):
    """What may be said of a way out; what is not named stays as it is."""

    name: str
    address: str
    by_default: bool
    quiet_from: time | None
    quiet_until: time | None


def may_change(destination: Destination, *, by: Member) -> bool:
    """Whether `by` may: her own, also as a viewer; the household's are for admins."""
    if by.left_at is not None:
        return False
    return by.is_admin if destination.is_shared else destination.member_id == by.pk


@transaction.atomic
def add_destination(
    *,
    by: Member,
    channel: str,
    shared: bool = False,
    id: UUID | None = None,
    **said: Unpack[DestinationFields],
) -> Destination:
    """A new way out for oneself, or `shared` for the household, which reminders name; a webhook has
    a key to sign with.

    Raises Refused for an address that cannot be used (400), one that is there already and a taken
    id (409), and for the household's where `by` is no admin (403).
    """
    row = Destination(
        id=id or uuid7(), member=None if shared else by, channel=channel, by_default=not shared
    )
    _require(row, by=by)
    # Names are looked up and services loaded for it, which may take a second: before anything is
    # locked.
    found = _address(row, understood(channel, said.get("address", ""), by=by))
    # Two at once would both find room.
    Member.objects.select_for_update(no_key=True).get(pk=by.pk)
    if Destination.objects.of(row.member_id).count() >= MOST:
        raise conflict(_("That is enough: delete a way that you do not use."), "too_many")
    if channel == Channel.WEBHOOK:
        row.signing_key = new_signing_key()
    _apply(row, said)
    row.name = row.name or found.name
    with _sound(row):
        row.save(force_insert=True)
    return _said("added", row, by=by, after=history.snapshot(row, FIELDS))


class NewAddress(NamedTuple):
    """What is to stand in the place of the address with this hash."""

    found: Address
    instead_of: str


def new_address(destination: Destination, typed: str, *, by: Member) -> NewAddress:
    """The address that it gets, understood: names are looked up and services loaded for it, which
    may take a second, so before anything is locked. Raises Refused for one that cannot be used.
    """
    _require(destination, by=by)
    if destination.follows_account:
        text = _("This one follows the address of your account.")
        raise Refused(text, "follows", field="address")
    return NewAddress(understood(destination.channel, typed, by=by), destination.address_hash)


@transaction.atomic
def edit_destination(
    destination: Destination,
    *,
    by: Member,
    new: NewAddress | None = None,
    **said: Unpack[DestinationFields],
) -> Destination:
    """The way out with the named fields changed; nothing is written when nothing differs. Who
    holds the row already brings the `new` address along.

    Raises Refused (409) where another address has come to stand there since that was understood.
    """
    if new is None and said.get("address"):
        new = new_address(destination, said["address"], by=by)
    row = _locked(destination.pk, by)
    before, kept = history.snapshot(row, FIELDS), row.address_hash
    if new:
        if new.instead_of != kept:
            text = _(
                "Somebody changed this a moment before you. Look at it again, then save once more."
            )
            raise conflict(text, "stale", "address")
        _address(row, new.found)
    moved = row.address_hash != kept
    _apply(row, said)
    old, fresh = history.differences(before, history.snapshot(row, FIELDS))
    if not fresh and not moved:
        return row
    if moved:
        # What was found out about the old address says nothing of the new one.
        row.tested_at, row.tested_reason = None, ""
        transaction.on_commit(partial(lift_pause, row.pk))
    with _sound(row):
        row.save()
    return _said("readdressed" if moved else "edited", row, by=by, before=old, after=fresh)


@transaction.atomic
def switch_off(destination: Destination, *, by: Member, at: datetime) -> bool:
    """Send nothing there until it is switched on; False if it was off."""
    row = _locked(destination.pk, by)
    if row.switched_off_at is not None:
        return False
    return _move(row, "switched off", by=by, switched_off_at=at, switched_off_reason="")


@transaction.atomic
def switch_on(destination: Destination, *, by: Member) -> bool:
    """Send there again; False if it was on."""
    row = _locked(destination.pk, by)
    if row.switched_off_at is None:
        return False
    return _move(row, "switched on", by=by, switched_off_at=None, switched_off_reason="")


@transaction.atomic
def delete_destination(destination: Destination, *, by: Member, at: datetime) -> bool:
    """Take the way away; what is planned for it is not sent. False if it was gone."""
    row = _locked(destination.pk, by)
    if row.deleted_at is not None:
        return False
    if row.follows_account:
        raise conflict(
            _("The address of your account cannot be deleted here: switch it off."), "follows"
        )
    return _move(row, "deleted", by=by, deleted_at=at)


@transaction.atomic
def restore_destination(destination: Destination, *, by: Member) -> bool:
    """Bring a deleted one back; False if it was there. Refused (409) when its address was added
    again meanwhile.
    """
    row = _locked(destination.pk, by)
    if row.deleted_at is None:
        return False
    if row.channel == Channel.PUSH and row.switched_off_reason:
        raise conflict(_("This browser is gone: let it in again there."), "gone")
    return _move(row, "restored", by=by, deleted_at=None)


@transaction.atomic
def roll_key(destination: Destination, *, by: Member) -> str:
    """A new key that messages to this webhook are signed with from now on; the old one ends."""
    row = _locked(destination.pk, by)
    if row.channel != Channel.WEBHOOK:
        raise conflict(_("Only webhooks are signed."), "not_signed")
    row.signing_key = key = new_signing_key()
    row.save(update_fields=["signing_key"])
    _said("got a new key", row, by=by)
    return key


@transaction.atomic
def note_test(
    destination: Destination, *, by: Member, at: datetime, reason: str, gone: bool
) -> Destination:
    """Keep how a test ended, '' for well; an address that is gone is switched off."""
    row = _locked(destination.pk, by)
    Destination.objects.filter(pk=row.pk).update(tested_at=at, tested_reason=reason[:200])
    if gone and row.switched_off_at is None:
        _move(row, "switched off", by=by, switched_off_at=at, switched_off_reason=reason[:200])
    if not reason:
        transaction.on_commit(partial(lift_pause, row.pk))
    row.refresh_from_db()
    return row


def _locked(pk: UUID, by: Member) -> Destination:
    row: Destination = Destination.objects.select_for_update(of=["self"]).get(pk=pk)
    _require(row, by=by)
    return row


def _require(row: Destination, *, by: Member) -> None:
    if not may_change(row, by=by):
        raise forbidden(_("Your role does not allow this."))


def _address(row: Destination, found: Address) -> Address:
    row.secret, row.hint, row.address_hash = found.text, found.hint, found.digest
    return found


def _apply(row: Destination, said: DestinationFields) -> None:
    for name in ("name", "by_default", "quiet_from", "quiet_until"):
        if name in said:
            setattr(row, name, said[name])
    if row.is_shared and row.by_default:
        text = _("The household’s own are used where a reminder names them.")
        raise Refused(text, "named_only", field="by_default")
    if (row.quiet_from is None) != (row.quiet_until is None):
        field = "quiet_until" if row.quiet_until is None else "quiet_from"
        raise Refused(_("Quiet hours have a beginning and an end."), "required", field=field)
    if row.quiet_from is not None and row.quiet_from == row.quiet_until:
        text = _("Quiet hours end at another time than they begin.")
        raise Refused(text, "same", field="quiet_until")


@contextmanager
def _sound(row: Destination) -> Iterator[None]:
    """Say in words what the database holds against the row."""
    ours, mine = _("The household is told there already."), _("You are told there already.")
    twice = conflict(ours if row.is_shared else mine, "twice", "address")
    with refusing(reminders_destination_pkey=id_taken(), reminders_destination_once=twice):
        yield


def _move(row: Destination, verb: str, *, by: Member, **changes: Any) -> Literal[True]:
    named = [name for name in changes if name in FIELDS]
    before = history.snapshot(row, named)
    for name, value in changes.items():
        setattr(row, name, value)
    with _sound(row):
        row.save(update_fields=list(changes))
    _said(verb, row, by=by, before=before, after=history.snapshot(row, named))
    return True


def _said(
    verb: str,
    row: Destination,
    *,
    by: Member,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Destination:
    """The row as it is stored, after history and open pages were told."""
    history.record(verb, row, by=by, before=before, after=after)
    publish("destination", row.pk, guild=row.guild_id, member=row.member_id)
    row.refresh_from_db(fields=["updated_at"])
    return row
