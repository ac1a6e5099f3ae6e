"""Webhooks: JSON to an address of the member's own, signed after the Standard Webhooks spec.

The answer's status is all that counts: no redirect is followed, no body is read.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from hashlib import sha256
from typing import Any

import orjson

from reminders.channels.answers import judge
from reminders.channels.base import Message, Sent
from reminders.channels.posting import post
from reminders.channels.saying import plain_text

SECONDS = 10.0
PREFIX = "whsec_"
AGENT = "Guildhall-Webhook/1"


class Webhook:
    concurrency = 32
    seconds = SECONDS

    def send(self, message: Message) -> Sent:
        """Post it; the message's key is its webhook-id, whatever the try."""
        body = orjson.dumps(_payload(message))
        answer = post(message.address, body, _headers(message, body), seconds=self.seconds)
        judge(answer.status, answer.headers.get("retry-after"))
        return Sent(answer.headers.get("x-request-id", ""))


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
