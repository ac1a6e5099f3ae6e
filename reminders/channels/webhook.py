"""Webhooks: JSON to an address of the member's own, signed after the Standard Webhooks spec.

The answer's status is all that counts: no redirect is followed, no body is read.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from config.web.outbound import public_only
from reminders.channels.answers import failure_of, judge
from reminders.channels.base import Message, PermanentFailure, Sent
from reminders.channels.saying import plain_text

if TYPE_CHECKING:
    import httpx2

SECONDS = 10.0
PREFIX = "whsec_"
AGENT = "Guildhall-Webhook/1"


class Webhook:
    concurrency = 32
    seconds = SECONDS

    def send(self, message: Message) -> Sent:
        """Post it; the message's key is its webhook-id, whatever the try."""
        import httpx2

        body = orjson.dumps(_payload(message))
        headers = _headers(message, body)
        client = _client()
        with public_only(self.seconds) as trip:
            try:
                with client.stream(
                    "POST", message.address, content=body, headers=headers
                ) as answer:
                    status, said = answer.status_code, answer.headers
            except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:
                raise PermanentFailure("unusable_address") from error
            except (httpx2.HTTPError, OSError) as error:
                raise failure_of(trip, error) from error
        if 300 <= status < 400:
            raise PermanentFailure("redirected")
        judge(status, said.get("retry-after"))
        return Sent(said.get("x-request-id", ""))


def new_signing_key() -> str:
    """A key as the spec writes it; both sides keep it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(key: str, identity: str, timestamp: int, body: bytes) -> str:
    """`v1,…`: HMAC-SHA256 over id, time and body."""
    secret = base64.b64decode(key.removeprefix(PREFIX))
    signed = hmac.new(secret, f"{identity}.{timestamp}.".encode() + body, sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _headers(message: Message, body: bytes) -> dict[str, str]:
    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "Idempotency-Key": message.key,
        "webhook-id": message.key,
        "webhook-timestamp": str(now),
    }
    if message.signing_key:
        headers["webhook-signature"] = signature(message.signing_key, message.key, now, body)
    return headers


def _payload(message: Message) -> dict[str, Any]:
    """The same bytes for the same message at every try, but for how late it comes."""
    return {
        "type": "reminder.due",
        "timestamp": _instant(message),
        "data": {
            "key": message.key,
            "household": message.guild,
            "recipient": message.recipient,
            "title": message.title,
            "body": message.body,
            "text": plain_text(message),
            "url": message.url,
            "inbox_url": message.inbox_url,
            "due_at": _instant(message),
            "late_by_seconds": int(message.late_by.total_seconds()),
            "locale": message.locale,
            "time_zone": message.time_zone,
        },
    }


def _instant(message: Message) -> str:
    return message.due_at.isoformat().replace("+00:00", "Z")


@cache
def _client() -> httpx2.Client:
    """One for this process: reading the certificates costs more than a message. No connection is
    kept, so that each message is judged by where it really goes.
    """
    import httpx2

    return httpx2.Client(
        timeout=httpx2.Timeout(SECONDS / 2),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        follow_redirects=False,
        # No proxies of the environment: they would hide where a message goes.
        trust_env=False,
    )
