"""Live updates: what changed is told by kind and id only, when it is committed.

Who hears it asks again like any request, with her own rights. With Valkey down it is silent.
"""

from __future__ import annotations

import time
from functools import cache
from uuid import UUID

import orjson
import redis
import structlog
from django.conf import settings
from django.core import signing
from django.db import transaction

SALT = "guildhall.live"
TICKET_SECONDS = 300
log = structlog.get_logger("guildhall.live")


@cache
def valkey() -> redis.Redis:
    """The connection pool of this process; half a second is all a page waits for it."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)


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


def end_streams(guild: UUID, member: UUID) -> None:
    """Close this member's open streams at once: the membership is over."""
    channel = member_channel(guild, member)
    transaction.on_commit(lambda: send(channel, b'{"kind":"end","id":null}'), robust=True)


def send(channel: str, message: bytes) -> None:
    """Publish now; a Valkey that is down costs a log line and nothing else."""
    try:
        valkey().publish(channel, message)
    except redis.RedisError as error:
        log.warning("live.silent", error=type(error).__name__)


def send_all(messages: list[tuple[str, bytes]]) -> None:
    """Publish many at once, in one round trip."""
    try:
        with valkey().pipeline(transaction=False) as pipeline:
            for channel, message in messages:
                pipeline.publish(channel, message)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("live.silent", error=type(error).__name__)


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
