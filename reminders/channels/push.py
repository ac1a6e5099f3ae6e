"""Web Push (RFC 8030): to browsers that a member let in, encrypted for each of them (RFC 8291).

The service worker (`static/js/sw.js`) shows what is in the payload, in the words of its reader.
"""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from config.web import words
from reminders import digests
from reminders.channels.answers import judge
from reminders.channels.base import Gone, Message, PermanentFailure, Sent
from reminders.channels.posting import Answered, post
from reminders.wording import late_words

SECONDS = 10.0
# What is older helps nobody, so the push service need not keep it.
HELPFUL = timedelta(hours=24)
# Push services take 4096 bytes; encryption adds 103.
MOST_BYTES = 3900
VAPID_SECONDS = 12 * 3600
TOPIC = 32
# In base64, with room for what a browser may add.
KEY_LENGTHS = {"p256dh": 100, "auth": 40}
UNKNOWN, TOO_LONG = 404, 413


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser hands out: where to send, and the keys to encrypt for it."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class Push:
    concurrency = 32
    seconds = SECONDS

    def send(self, message: Message) -> Sent:
        """Hand it to the browser's push service; what is too long for it goes once more, short."""
        try:
            to = subscription(message.address)
        except ValueError as error:
            raise PermanentFailure("unusable_address") from error
        answer = self._post(to, message, payload(message))
        if answer.status == TOO_LONG:
            answer = self._post(to, message, payload(message, short=True))
        if answer.status == UNKNOWN:
            raise Gone(f"http:{UNKNOWN}")
        judge(answer.status, answer.headers.get("retry-after"))
        return Sent(answer.headers.get("location", ""))

    def _post(self, to: Subscription, message: Message, content: bytes) -> Answered:
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(max(int((HELPFUL - message.late_by).total_seconds()), 0)),
            "Urgency": "high" if message.urgent else "normal",
            # What was not yet fetched is replaced by what repeats it.
            "Topic": _thread(message)[:TOPIC],
            "Authorization": _vapid(_origin(to.endpoint), int(time.time() // 3600)),
        }
        return post(to.endpoint, _encrypted(content, to), headers, seconds=self.seconds)


def subscription(text: str) -> Subscription:
    """What the browser handed out as JSON; raises ValueError for what cannot be one."""
    said = orjson.loads(text)
    try:
        endpoint, keys = said["endpoint"], said["keys"]
        found = Subscription(endpoint, _bytes(keys["p256dh"]), _bytes(keys["auth"]))
        parts = urlsplit(endpoint)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no subscription") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(found.auth) != 16:
        raise ValueError("no subscription")
    _point(found.p256dh)
    return found


def payload(message: Message, *, short: bool = False) -> bytes:
    """What the service worker shows, as JSON that fits; `short` leaves all out that can be."""
    with translation.override(message.locale), timezone.override(message.time_zone):
        said: dict[str, Any] = {
            "key": message.key,
            # A further round takes the place of the one before it.
            "tag": _thread(message),
            "title": message.title,
            "body": "",
            "url": message.url or message.inbox_url,
            "lang": message.locale,
            "due_at": int(message.due_at.timestamp() * 1000),
            "urgent": message.urgent,
            "acts": _acts(message),
        }
        if short:
            return orjson.dumps(said | {"title": _cut(message.title, 80)})
        due = _("Due %(due)s, says %(guild)s.") % {
            "due": words.full(message.due_at),
            "guild": message.guild,
        }
        lines = [late_words(message.late_by), "" if message.is_digest else due]
    left = MOST_BYTES - len(orjson.dumps(said))
    rest = "\n".join(line for line in lines if line)
    first = _cut(_body(message), max(left - len(orjson.dumps(rest)), 0))
    return orjson.dumps(said | {"body": f"{first}\n{rest}".strip()})


def _body(message: Message) -> str:
    """What it says; of a morning summary its lines without the links."""
    if not message.is_digest:
        return message.body
    lines = []
    for part in digests.read(message.body):
        lines += [part.label] if part.label else []
        lines += [f"• {line.text}" for line in part.lines]
    return "\n".join(lines)


def _acts(message: Message) -> list[dict[str, str]]:
    """What the notification offers besides being opened; phones show two."""
    if message.links is None:
        return []
    return [
        {"action": "done", "title": _("Done"), "url": message.links.done},
        {"action": "later", "title": _("In 10 min"), "url": message.links.later},
    ]


def _thread(message: Message) -> str:
    return message.thread or message.key


def _cut(text: str, most: int) -> str:
    """As much of the text as takes so many bytes in JSON."""
    if len(orjson.dumps(text)) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(orjson.dumps(f"{text[:middle]}…")) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return f"{text[:low]}…" if low else ""


def _encrypted(content: bytes, to: Subscription) -> bytes:
    import http_ece

    encrypted: bytes = http_ece.encrypt(
        content,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=to.p256dh,
        auth_secret=to.auth,
        version="aes128gcm",
    )
    return encrypted


@lru_cache(maxsize=256)
def _vapid(audience: str, hour: int) -> str:
    """Who we are (RFC 8292), signed anew each hour for each push service."""
    claims = {
        "aud": audience,
        "exp": hour * 3600 + VAPID_SECONDS,
        "sub": settings.VAPID_SUBJECT,
    }
    token = jwt.encode(claims, _private_key(settings.VAPID_PRIVATE_KEY), "ES256")
    return f"vapid t={token}, k={settings.VAPID_PUBLIC_KEY}"


@lru_cache(maxsize=1)
def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_bytes(text)), ec.SECP256R1())


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def _point(raw: bytes) -> None:
    """Raise ValueError for what is no public key."""
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def _bytes(text: str) -> bytes:
    """Raises ValueError for what is not URL-safe base64."""
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error as error:
        raise ValueError("not base64") from error
