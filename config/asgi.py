"""The whole site on one port: live streams natively, everything else Django on plain threads.

Django's own ASGI handler holds a thread for each open stream; this way a stream costs 40 kB.
"""

from __future__ import annotations

from typing import Any, cast

from a2wsgi import WSGIMiddleware

from config.web.stream import Live
from config.wsgi import application as pages

PAGE_THREADS = 8
live = Live()
site = WSGIMiddleware(cast("Any", pages), workers=PAGE_THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live.lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live/":
        await live(scope, receive, send)
    elif scope["type"] == "http":

        async def next_part() -> Any:
            return await receive()

        # granian's receive() can be awaited but is no coroutine, and a2wsgi takes nothing else:
        # without this every POST with a body is a 500.
        await site(scope, next_part, send)
