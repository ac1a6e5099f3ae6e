"""The key ring: fields that are encrypted at rest, and how their keys are rotated."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@cache
def key_ring(keys: tuple[str, ...]) -> MultiFernet:
    """The first key writes, all read; raises ImproperlyConfigured for a key that is none."""
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS must be Fernet keys (32 bytes, URL-safe base64), the newest first."
        ) from error


def encrypt(text: str) -> str:
    return key_ring(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text behind a token of ours; raises InvalidToken when no key on the ring fits."""
    return key_ring(tuple(settings.ENCRYPTION_KEYS)).decrypt(token.encode()).decode()


def rotate(token: str) -> str:
    """The same text under the newest key."""
    return key_ring(tuple(settings.ENCRYPTION_KEYS)).rotate(token.encode()).decode()


class EncryptedField(models.TextField):  # type: ignore[type-arg]  # generic for the type checker alone
    """Text that is ciphertext in the database and in every dump of it; cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return decrypt(value) if value else value


__all__ = ["EncryptedField", "InvalidToken", "decrypt", "encrypt", "rotate"]
