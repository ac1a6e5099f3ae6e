"""Links that act on one notification without a sign-in, and links that switch a way out off.

Whoever holds one may do this one thing, once: an act moves the notification's `link_serial` on,
and every link that was made before says kindly that it was used. Nothing is kept of a link: what
it means is written in it, signed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

ACT_SALT, OFF_SALT = "reminders.act", "reminders.off"
# A letter may lie for a while; what was just done is taken back soon or in the inbox.
GOOD_FOR, BACK_FOR = timedelta(days=30), timedelta(hours=1)
ACT, OFF = struct.Struct(">16s16s16sHB"), struct.Struct(">16s16s16s")
SERIALS = 32_768
NOBODY = UUID(int=0)


class Act(IntEnum):
    """What one link does; the numbers are in links that people hold."""

    DONE = 1
    LATER = 2
    NOT_ME = 3
    BACK = 4


class Ticket(NamedTuple):
    """What an act's link says."""

    guild: UUID
    member: UUID
    notification: UUID
    serial: int
    act: Act


class OffTicket(NamedTuple):
    """The way out that a link switches off; without a member it is the household's own."""

    guild: UUID
    member: UUID | None
    destination: UUID


@dataclass(frozen=True, slots=True)
class Links:
    """What a message offers; '' where it makes no sense."""

    done: str
    later: str
    not_me: str


def link(ticket: Ticket) -> str:
    """The address that does it, with the site's name."""
    packed = ACT.pack(
        ticket.guild.bytes,
        ticket.member.bytes,
        ticket.notification.bytes,
        ticket.serial,
        ticket.act,
    )
    return _address("acts:act", packed, ACT_SALT)


def off_link(ticket: OffTicket) -> str:
    """The address that switches this way off."""
    member = ticket.member or NOBODY
    packed = OFF.pack(ticket.guild.bytes, member.bytes, ticket.destination.bytes)
    return _address("acts:off", packed, OFF_SALT)


def links(*, guild: UUID, member: UUID, notification: UUID, serial: int, may_refuse: bool) -> Links:
    """Done, later and, for what somebody else wanted, not me."""

    def to(act: Act) -> str:
        return link(Ticket(guild, member, notification, serial, act))

    return Links(to(Act.DONE), to(Act.LATER), to(Act.NOT_ME) if may_refuse else "")


def read(token: str) -> Ticket:
    """What the link says; raises SignatureExpired for one that is too old, BadSignature for one
    that is not ours.
    """
    guild, member, notification, serial, act = ACT.unpack(_unsign(token, ACT_SALT, GOOD_FOR))
    if act == Act.BACK:
        _unsign(token, ACT_SALT, BACK_FOR)
    return Ticket(UUID(bytes=guild), UUID(bytes=member), UUID(bytes=notification), serial, Act(act))


def read_off(token: str) -> OffTicket:
    """Likewise; such a link never gets too old."""
    guild, member, destination = (UUID(bytes=one) for one in OFF.unpack(_unsign(token, OFF_SALT)))
    return OffTicket(guild, None if member == NOBODY else member, destination)


def _address(name: str, packed: bytes, salt: str) -> str:
    token = signing.TimestampSigner(salt=salt).sign(signing.b64_encode(packed).decode())
    return urljoin(settings.BASE_URL, reverse(name, args=[token]))


def _unsign(token: str, salt: str, good_for: timedelta | None = None) -> bytes:
    # What is signed was packed by us: it has the right length.
    text = signing.TimestampSigner(salt=salt).unsign(token, max_age=good_for)
    return signing.b64_decode(text.encode())
