"""Live updates: what changed is told by kind and id only, when it is committed.

Who hears it asks again like any request, with her own rights. With Valkey down it is silent.
"""

from __future__ import annotations

import time
from threading import Event
from uuid import UUID

import orjson
from django.core import signing
from django.db import transaction

from config.web.valkey import ask, valkey

SALT = "guildhall.live"
TICKET_SECONDS = 300
EVERYBODY = "live:"
# Many at once, as pairs of channel and message.
MANY = "live:many"
MOST_AT_ONCE = 500
# Look afresh, whatever is shown.
RESYNC = b'{"kind":"resync","id":null}'
END = b'{"kind":"end","id":null}'
# Something was said while Valkey was away.
_unheard = Event()


def guild_channel(guild: UUID) -> str:
    return f"live:{guild}"


def member_channel(guild: UUID, member: UUID) -> str:
    """What only one member may know of: her private rows, her inbox, her removal."""
    return f"live:{guild}:{member}"


def publish(kind: str, row: UUID | None, *, guild: UUID, member: UUID | None = None) -> None:
    """Tell the guild's open pages, or one member's, that this row changed; once it is committed."""
    channel, message = told(kind, row, guild=guild, member=member)
    transaction.on_commit(lambda: send(channel, message), robust=True)


def told(kind: str, row: UUID | None, *, guild: UUID, member: UUID | None) -> tuple[str, bytes]:
    """The channel and the message by which open pages hear of this row."""
    channel = member_channel(guild, member) if member else guild_channel(guild)
    return channel, orjson.dumps({"kind": kind, "id": row})


def end_streams(guild: UUID, member: UUID | None = None) -> None:
    """Close this member's open streams at once, or the whole guild's: what they may hear changed,
    and the next ticket tells.
    """
    channel = member_channel(guild, member) if member else guild_channel(guild)
    transaction.on_commit(lambda: send(channel, END), robust=True)


def send(channel: str, message: bytes) -> None:
    """Publish now; a Valkey that is away costs a log line, and pages look afresh afterwards."""
    send_all([(channel, message)])


def send_all(messages: list[tuple[str, bytes]]) -> None:
    """Publish many at once: one message that holds them all costs its hearer a fifth."""
    if not ask(lambda: _publish(messages), otherwise=False, event="live.silent"):
        _unheard.set()


def _publish(messages: list[tuple[str, bytes]]) -> bool:
    with valkey().pipeline(transaction=False) as pipeline:
        if _unheard.is_set():
            pipeline.publish(EVERYBODY, RESYNC)
        if len(messages) == 1:
            pipeline.publish(*messages[0])
        else:
            pairs = [(channel, message.decode()) for channel, message in messages]
            for first in range(0, len(pairs), MOST_AT_ONCE):
                pipeline.publish(MANY, orjson.dumps(pairs[first : first + MOST_AT_ONCE]))
        pipeline.execute()
    _unheard.clear()
    return True


def ticket(guild: UUID, member: UUID) -> str:
    """A signed ticket for one member's stream, good for five minutes."""
    # Rounded down: rounded up it would seem younger than an end that came right behind it.
    end = int((time.time() + TICKET_SECONDS) * 1000) / 1000
    body = [str(guild), str(member), end]
    return signing.dumps(body, salt=SALT, compress=False)


def read_ticket(text: str) -> tuple[UUID, UUID, float] | None:
    """Guild, member and end (Unix seconds) of a ticket; None when it is not ours or over."""
    try:
        guild, member, end = signing.loads(text, salt=SALT, max_age=TICKET_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return UUID(guild), UUID(member), float(end)
