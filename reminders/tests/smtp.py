"""A mail server on this machine that keeps what it gets, and fails when it is told to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socket import socket
from typing import Any

from aiosmtpd.controller import Controller


class Postbox:
    """`answers` are given to the next messages one by one, then 250."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.port = 0
        self.slow, self.hung = 0.5, 5.0  # seconds

    async def handle_MAIL(  # noqa: N802  # the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.answers and self.answers[0].startswith("MAIL "):
            return self.answers.pop(0).removeprefix("MAIL ")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answers and self.answers[0].startswith("RCPT "):
            return self.answers.pop(0).removeprefix("RCPT ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("SLOW "):
            await asyncio.sleep(self.slow)
            answer = answer.removeprefix("SLOW ")
        if answer == "HUNG":
            await asyncio.sleep(self.hung)
            return "451 too late"
        if answer == "SILENT":
            time.sleep(3)
            return "451 too slow"
        if answer.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content, policy=default))
        return answer

    def mailers(self, timeout: float = 1.0) -> dict[str, Any]:
        options = {"host": "127.0.0.1", "port": self.port, "timeout": timeout}
        backend = "django.core.mail.backends.smtp.EmailBackend"
        return {"default": {"BACKEND": backend, "OPTIONS": options}}


@contextmanager
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
