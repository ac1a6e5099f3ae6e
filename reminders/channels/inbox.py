"""The inbox: the row itself is the message; open pages are told that it came."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from config.web.live import send_all, told

# A Valkey that hangs must not hold up what is due next.
_teller = ThreadPoolExecutor(1, "live")


def tell(came: Iterable[tuple[UUID, UUID, UUID]]) -> None:
    """Tell the open pages of each recipient; rows are (notification, guild, recipient)."""
    messages = [told("inbox", row, guild=guild, member=member) for row, guild, member in came]
    if messages:
        _teller.submit(send_all, messages)
