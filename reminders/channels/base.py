"""What every way out agrees to.

`send(message)` returns Sent when the provider has taken the message, and raises PassingFailure
when another try may help or PermanentFailure when none will. It keeps a timeout of its own, runs
outside any transaction and hands the message's key on, so that a provider (or a reader) can tell
a repetition from a second message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple, Protocol
from uuid import UUID

from reminders.acts import Links


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one person, or for a household's own channel, ready to be put into words."""

    key: str
    address: str
    recipient: str
    guild: str
    title: str
    body: str
    url: str
    inbox_url: str
    due_at: datetime
    late_by: timedelta
    locale: str
    time_zone: str
    # By which the recipient acts without signing in; a household's own channel has none.
    links: Links | None = None
    # Where this way is switched off.
    off_url: str = ""
    # The same for all rounds of one occurrence: a reader needs to see the last one only.
    thread: str = ""
    urgent: bool = False
    # What webhooks are signed with.
    signing_key: str = ""
    # A morning summary: its text has headings and links, see `reminders.digests`.
    is_digest: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    provider_id: str = ""


class PassingFailure(Exception):  # noqa: N818  # an answer of the provider, not an error of ours
    """Not now. `reason` is for people to read, `retry_after` is what the provider asks for."""

    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


class PermanentFailure(Exception):  # noqa: N818  # likewise
    """Never, with this message to this address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Gone(PermanentFailure):
    """Never again to this address: the destination is switched off."""


class Limits(NamedTuple):
    """What one destination, and the provider behind many, are sent at once and in a second over
    all workers; 0 is no limit.
    """

    at_once: int = 4
    per_second: float = 10
    burst: float = 40
    provider_at_once: int = 32
    provider_per_second: float = 0
    provider_burst: float = 0


class Way(Protocol):
    """A way out to somebody else's machine. It may name `limits` other than those, and say with
    `offers_acts = False` that it has no room for links to Done and to switching it off.
    """

    # So many messages may be under way at once from one worker.
    concurrency: int

    def send(self, message: Message) -> Sent: ...


def idempotency_key(
    guild: UUID,
    origin: UUID | str,
    slot: str,
    recipient: UUID | None,
    destination: UUID | None,
    step: int,
) -> str:
    """The same for every try of the same message; 40 hexadecimal digits, so that it fits a line."""
    parts = [guild, origin, slot, recipient or "household", destination or "inbox", step]
    return sha256("\n".join(map(str, parts)).encode()).hexdigest()[:40]
