"""The whole site on one port: live streams natively, everything else Django on plain threads.

Django's own ASGI handler holds a thread for each open stream; this way a stream costs 40 kB.
"""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from a2wsgi import WSGIMiddleware

from config.web.stream import Live
from config.wsgi import application as pages

PAGE_THREADS = 8
BODY_HEADERS = {b"content-length", b"transfer-encoding"}
# Beyond this a body is on disk, and beyond that it is not listened to.
IN_MEMORY, LONGEST_BODY = 64 * 1024, 64 * 1024 * 1024
# Who says nothing for so long in the middle of a body will not go on.
PATIENCE = 20.0
live = Live()
site = WSGIMiddleware(cast("Any", pages), workers=PAGE_THREADS)


class Gone(Exception):  # noqa: N818  # the client's doing, not an error of ours
    """The client went away, or fell silent."""


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live.lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live/":
        await live(scope, receive, send)
    elif scope["type"] == "http":
        await answer_when_heard(scope, receive, send)


async def answer_when_heard(scope: Any, receive: Any, send: Any) -> None:
    """The pages' answer, once the whole body is here.

    No thread waits for a client: eight half-sent forms would stop the house. And an early refusal
    (413) does not close a line that is being written to, which the client would see as a broken
    pipe in place of the answer.
    """
    with SpooledTemporaryFile(IN_MEMORY) as body:
        try:
            if any(name in BODY_HEADERS for name, _value in scope["headers"]):
                await hear(receive, body)
        except Gone:
            return
        body.seek(0)

        async def next_part() -> Any:
            part = body.read(IN_MEMORY)
            return {"type": "http.request", "body": part, "more_body": len(part) == IN_MEMORY}

        await site(scope, next_part, send)


async def hear(receive: Any, body: IO[bytes]) -> None:
    """Take the body from the line; raises Gone when it does not come to its end."""
    more = True
    while more and body.tell() < LONGEST_BODY:
        try:
            async with asyncio.timeout(PATIENCE):
                part = await receive()
        except TimeoutError:
            raise Gone from None
        if part["type"] == "http.disconnect":
            raise Gone
        body.write(part.get("body", b""))
        more = part.get("more_body", False)
