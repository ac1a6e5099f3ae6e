"""A loopback SMTP server that keeps what it gets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from operations.tests.running import free_port


class PostOffice:
    """`letters` are the moments (monotonic) and the messages, in order."""

    def __init__(self) -> None:
        self.letters: list[tuple[float, EmailMessage]] = []
        self.port = free_port()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((time.monotonic(), letter))
        return "250 OK"

    def about(self, words: str) -> list[tuple[float, EmailMessage]]:
        """The letters with these words in the subject."""
        return [(at, letter) for at, letter in self.letters if words in str(letter["Subject"])]

    def wait_for(self, words: str, seconds: float) -> tuple[float, EmailMessage]:
        until = time.monotonic() + seconds
        while not (found := self.about(words)):
            subjects = [str(letter["Subject"]) for _at, letter in self.letters]
            assert time.monotonic() < until, f"no letter about {words!r}, only {subjects}"
            time.sleep(0.02)
        return found[0]


@contextmanager
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
