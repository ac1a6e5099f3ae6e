"""The whole site on one port: live streams natively, everything else Django on plain threads.

Django's own ASGI handler holds a thread for each open stream; this way a stream costs 40 kB.
"""

from __future__ import annotations

from typing import Any, cast

from a2wsgi import WSGIMiddleware

from config.web.stream import Live
from config.wsgi import application as pages

PAGE_THREADS = 8
BODY_HEADERS = {b"content-length", b"transfer-encoding"}
# How much of a body that nobody wants is waited for.
LINGER_BYTES = 64 * 1024 * 1024
live = Live()
site = WSGIMiddleware(cast("Any", pages), workers=PAGE_THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live.lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live/":
        await live(scope, receive, send)
    elif scope["type"] == "http":
        await answer_after_hearing(scope, receive, send)


async def answer_after_hearing(scope: Any, receive: Any, send: Any) -> None:
    """The pages' answer, sent once what the client still sends has been taken from the line.

    Else an early refusal (413) closes a line that is being written to, and the client sees a
    broken pipe in place of the answer.
    """
    left = LINGER_BYTES if any(name in BODY_HEADERS for name, _value in scope["headers"]) else 0

    # granian's receive() can be awaited but is no coroutine, and a2wsgi takes nothing else:
    # without this every POST with a body is a 500.
    async def next_part() -> Any:
        nonlocal left
        part = await receive()
        left = left - len(part.get("body", b"")) if part.get("more_body") else 0
        return part

    async def send_after(message: Any) -> None:
        if message["type"] == "http.response.start":
            while left > 0:
                await next_part()
        await send(message)

    await site(scope, next_part, send_after)
