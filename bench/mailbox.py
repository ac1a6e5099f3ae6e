"""A mail server on this machine that notes when each letter came."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from socket import socket
from typing import Any

from aiosmtpd.controller import Controller

due: dict[str, float] = {}


class Mailbox:
    def __init__(self, port: int) -> None:
        self.port = port
        self.came: dict[str, float] = {}
        self.due = due

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.came[message_from_bytes(envelope.content)["Subject"]] = time.time()
        return "250 OK"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Mailbox(port)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
