"""Server-sent events: one subscription to Valkey a process, one small queue an open page."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs

import orjson
import redis.asyncio as redis
import structlog
from django.conf import settings

from config.web import valkey as shared
from config.web.live import (
    END,
    EVERYBODY,
    MANY,
    RESYNC,
    TICKET_SECONDS,
    guild_channel,
    member_channel,
    read_ticket,
)

Queue = asyncio.Queue[bytes]

PING_SECONDS = 15
WAITING = 64
# A browser keeps six connections to a house; this is for many of them.
MOST_OF_ONE = 32
# Each takes a socket: half of what the process may open is left to the pages.
MOST = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2, 10_000)
HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
log = structlog.get_logger("guildhall.live")


class Hub:
    """Hands each message to the queues of its channel. A gap in hearing becomes a `resync`."""

    def __init__(self) -> None:
        self.queues: dict[str, set[Queue]] = defaultdict(set)
        self.open = 0
        # When whose streams were ended: tickets from before open none any more.
        self.ended: dict[str, float] = {}

    async def listen(self) -> None:
        """Hear Valkey until cancelled; comes back by itself after an outage."""
        pause = 0.2
        while True:
            try:
                # No time-out on reading: silence is normal here.
                async with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=None) as valkey:
                    pubsub = valkey.pubsub(ignore_subscribe_messages=True)
                    await pubsub.psubscribe("live:*")
                    shared.is_back()
                    self._tell_all(RESYNC)
                    pause = 0.2
                    async for message in pubsub.listen():
                        self._tell(message["channel"].decode(), message["data"])
            except redis.RedisError as error:
                log.warning("live.deaf", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    @contextlib.contextmanager
    def hearing(self, *channels: str) -> Any:
        """A queue that receives what is said on these channels."""
        queue: Queue = asyncio.Queue(WAITING)
        self.open += 1
        for channel in channels:
            self.queues[channel].add(queue)
        try:
            yield queue
        finally:
            self.open -= 1
            for channel in channels:
                self.queues[channel].discard(queue)
                if not self.queues[channel]:
                    del self.queues[channel]

    def has_ended(self, channel: str, ticket_end: float) -> bool:
        """Whether the streams of this channel were ended after the ticket was given out."""
        return self.ended.get(channel, 0.0) >= ticket_end - TICKET_SECONDS

    def refusal(self, guild: str, member: str, ticket_end: float) -> int:
        """The status for a ticket that opens no stream; 0 for one that does."""
        if self.has_ended(guild, ticket_end) or self.has_ended(member, ticket_end):
            return 403
        if len(self.queues.get(member, ())) >= MOST_OF_ONE:
            return 429
        return 503 if self.open >= MOST else 0

    def _tell(self, channel: str, data: bytes) -> None:
        if channel == EVERYBODY:
            return self._tell_all(data)
        if channel == MANY:
            for one, text in orjson.loads(data):
                self._tell(one, text.encode())
            return None
        if data == END:
            now = time.time()
            recent = {one: at for one, at in self.ended.items() if at > now - TICKET_SECONDS}
            self.ended = recent | {channel: now}
        for queue in self.queues.get(channel, ()):
            _put(queue, data)
        return None

    def _tell_all(self, data: bytes) -> None:
        for queue in {queue for queues in self.queues.values() for queue in queues}:
            _put(queue, data)


class Live:
    """`GET /live/?ticket=…`: what changes in one member's guild, until her ticket ends."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.listener: asyncio.Task[None] | None = None

    async def lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._listen()
                await send({"type": "lifespan.startup.complete"})
            else:
                if self.listener:
                    self.listener.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        [text] = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[:1] or [""]
        ticket = read_ticket(text)
        if scope["method"] != "GET" or ticket is None:
            return await _refuse(send, 405 if scope["method"] != "GET" else 403)
        self._listen()
        guild, member, end = ticket
        channels = guild_channel(guild), member_channel(guild, member)
        if status := self.hub.refusal(*channels, end):
            return await _refuse(send, status)
        with self.hub.hearing(*channels) as queue:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            gone = asyncio.create_task(_gone(receive))
            try:
                await _pour(queue, gone, end, send)
            finally:
                gone.cancel()
        return None

    def _listen(self) -> None:
        # Also on the first stream: not every server announces its start.
        if self.listener is None or self.listener.done():
            self.listener = asyncio.create_task(self.hub.listen())


async def _pour(queue: Queue, gone: asyncio.Task[None], end: float, send: Any) -> None:
    """Send what comes until the page is gone, the ticket is over or the membership ends."""
    await _body(send, b"retry: 1000\n\n")
    while (left := end - time.time()) > 0 and not gone.done():
        hear = asyncio.create_task(queue.get())
        done, _ = await asyncio.wait(
            {hear, gone}, timeout=min(PING_SECONDS, left), return_when=asyncio.FIRST_COMPLETED
        )
        if hear not in done:
            hear.cancel()
            await _body(send, b": still here\n\n")
            continue
        data = hear.result()
        await _body(send, b"data: " + data + b"\n\n")
        if data == END:
            break
    await _body(send, b"", more=False)


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(send: Any, body: bytes, *, more: bool = True) -> None:
    # The client may have left in between; there is nobody to tell.
    with contextlib.suppress(OSError, RuntimeError):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _refuse(send: Any, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _put(queue: Queue, data: bytes) -> None:
    """Queue the message; a page too slow to hear all is told to look afresh instead."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        data = data if data == END else RESYNC
    queue.put_nowait(data)
