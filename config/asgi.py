"""The whole site on one port: live streams natively, everything else Django on plain threads.

Django's own ASGI handler holds a thread for each open stream; this way a stream costs 40 kB.
"""

from __future__ import annotations

from typing import Any

from a2wsgi import WSGIMiddleware

from config.web.stream import Live
from config.wsgi import application as pages

PAGE_THREADS = 8
live = Live()
site = WSGIMiddleware(pages, workers=PAGE_THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await live.lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live/":
        await live(scope, receive, send)
    elif scope["type"] == "http":
        await site(scope, receive, send)
