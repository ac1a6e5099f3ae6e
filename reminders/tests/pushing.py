"""A push service on this machine, and a browser that reads what it holds (RFC 8030, 8291, 8292).

The browser's side is written from the standards by hand: the library that encrypts is not asked to
judge itself.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config.tests.loopback import Asked, Loopback

CURVE = ec.SECP256R1()


@dataclass
class Browser:
    """One that was asked and said yes; `site` is its push service."""

    site: Loopback
    path: str = "/push/a-long-secret"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def endpoint(self) -> str:
        return f"{self.site.url}{self.path}"

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": encoded(point(self.key.public_key())), "auth": encoded(self.auth)}

    @property
    def subscription(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "keys": self.keys}

    def read(self, asked: Asked) -> dict[str, Any]:
        """The payload, decrypted as RFC 8188 and 8291 say."""
        assert asked.headers["content-encoding"] == "aes128gcm"
        body = asked.body
        assert len(body) <= 4096
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
        )
        info = b"WebPush: info\0" + point(self.key.public_key()) + sender
        secret = derived(shared, self.auth, info, 32)
        key = derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        opened = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert opened[-1:] == b"\x02"
        said: dict[str, Any] = json.loads(opened[:-1])
        return said


def signed_by(asked: Asked, public_key: str, audience: str) -> dict[str, Any]:
    """The claims of the VAPID token, checked against the key that the browser was given."""
    scheme, _, rest = asked.headers["authorization"].partition(" ")
    parts = dict(one.strip().split("=", 1) for one in rest.split(","))
    assert scheme == "vapid"
    assert parts["k"] == public_key
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(public_key))
    claims: dict[str, Any] = jwt.decode(parts["t"], key, ["ES256"], audience=audience)
    return claims


def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
