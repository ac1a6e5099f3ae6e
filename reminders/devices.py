"""Browsers that take push messages: each is a way out of one member.

A browser hands out an address that only it and its push service know. Who uses it may change:
whoever lets it take messages last has it, and signing out lets go of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.guild.ids import uuid7
from accounts.guild.scope import user_scope
from accounts.models import Member, User
from accounts.secrets import encrypt
from config.web import words
from config.web.errors import Refused, conflict, id_taken, refusing
from config.web.live import publish
from config.web.outbound import OutOfBounds, check_host
from reminders.channels.push import subscription
from reminders.destinations import FIELDS, MOST
from reminders.models import Channel, Destination
from reminders.reasons import in_words

LONGEST = 2000
# Under this name a session keeps which ways out its browser is, to let go of them when it ends.
SESSION = "browsers"
KEPT = 10
# A browser that went is told of for so long.
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Gone:
    name: str
    when: str
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page needs to know: our public key, hashes of her own browsers, which of them the
    session knows as this one, and who is gone.
    """

    key: str
    known: str
    here: str
    gone: list[Gone]


@transaction.atomic
def add_device(
    said: Mapping[str, Any], *, by: Member, name: str, id: UUID | None = None
) -> Destination:
    """Send to this browser from now on: a new way out, or the one that it has already.

    Raises Refused for what no browser hands out (400), too many (409) and a taken id (409).
    """
    text = _checked(said)
    digest = address_hash(said["endpoint"])
    # Two at once would both be the first.
    Member.objects.select_for_update(no_key=True).get(pk=by.pk)
    _take_over(digest)
    mine = Destination.objects.of(by.pk).filter(channel=Channel.PUSH)
    row: Destination | None = mine.filter(address_hash=digest).first()
    if row is not None:
        mine.filter(pk=row.pk).update(
            secret=text, switched_off_at=None, switched_off_reason="", name=name or row.name
        )
        row.refresh_from_db()
        return row
    if Destination.objects.of(by.pk).count() >= MOST:
        raise conflict(_("That is enough: delete a way that you do not use."), "too_many")
    row = Destination(
        id=id or uuid7(),
        member=by,
        channel=Channel.PUSH,
        name=name[:100],
        hint=(urlsplit(said["endpoint"]).hostname or "")[:100],
        secret=text,
        address_hash=digest,
    )
    with refusing(reminders_destination_pkey=id_taken()):
        row.save(force_insert=True)
    history.record("added", row, by=by, after=history.snapshot(row, FIELDS))
    publish("destination", row.pk, guild=row.guild_id, member=by.pk)
    return row


def renew(old: str, said: Mapping[str, Any]) -> int:
    """The browser with this address has another one now, wherever it was let in; how many rows
    that are. Whoever knows the old one is the browser itself.
    """
    text = _checked(said)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reminders_renew_device(%s, %s, %s)",
            [address_hash(old), address_hash(said["endpoint"]), encrypt(text)],
        )
        [count] = cursor.fetchone()
    return int(count)


def of_address(digest: str, *, by: Member) -> Destination | None:
    """Her browser with this address, where it is told."""
    rows = Destination.objects.of(by.pk).filter(channel=Channel.PUSH, switched_off_at=None)
    found: Destination | None = rows.filter(address_hash=digest).first() if digest else None
    return found


def kept(said: Iterable[object]) -> list[str]:
    """The ids among what a session or a cookie held, the latest last."""
    ids: dict[str, None] = {}
    for one in said:
        with suppress(ValueError):
            ids[str(UUID(str(one)))] = None
    return list(ids)[-KEPT:]


def let_go(user: User, session: Mapping[str, Any]) -> None:
    """Whoever signed out here does not want her reminders on this screen, which others may use."""
    if not (ids := kept(session.get(SESSION, []))):
        return
    with user_scope(user.pk), connection.cursor() as cursor:
        cursor.execute("SELECT reminders_leave_devices(%s::uuid[])", [ids])


def shown(member: Member, here: Iterable[str], *, now: datetime) -> Shown:
    """`here` are the ids of what this browser was."""
    ids = kept(here)
    rows = Destination.objects.filter(member=member, channel=Channel.PUSH)
    mine = dict(
        rows.filter(deleted_at=None, switched_off_at=None).values_list("address_hash", "pk")
    )
    went = rows.exclude(switched_off_reason="").filter(deleted_at__gt=now - REMEMBERED)
    # Here it is back already, or is this one.
    went = went.exclude(pk__in=ids).exclude(address_hash__in=mine).order_by("-deleted_at")
    gone = [
        Gone(str(row), words.moment(row.deleted_at, now=now), in_words(row.switched_off_reason))
        for row in went[:5]
    ]
    known = " ".join(one for one, pk in mine.items() if str(pk) in ids)
    return Shown(settings.VAPID_PUBLIC_KEY, " ".join(mine), known, gone)


def address_hash(endpoint: str) -> str:
    return sha256(endpoint.encode()).hexdigest()


def _take_over(digest: str) -> None:
    """Nobody else is told in this browser any more, in whatever household."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT guild, member, destination FROM reminders_take_device(%s)", [digest])
        for guild, member, destination in cursor.fetchall():
            publish("destination", destination, guild=guild, member=member)


def _checked(said: Mapping[str, Any]) -> str:
    """The subscription as it is kept; raises Refused for what is none, or leads inwards."""
    text = orjson.dumps({name: said.get(name) for name in ("endpoint", "keys")}).decode()
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")  # noqa: TRY301  # the same to whoever sent it
        host = urlsplit(subscription(text).endpoint).hostname or ""
    except ValueError as error:
        raise Refused(
            _("This is nothing that a browser hands out."), "nonsense", field="endpoint"
        ) from error
    try:
        check_host(host)
    except OutOfBounds as error:
        raise Refused(
            _("This leads into a private network, where Guildhall sends nothing."),
            "private",
            field="endpoint",
        ) from error
    return text
