"""The key ring: the newest key writes, older ones still read, and a key that is none is named."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from accounts.secrets import InvalidToken, decrypt, encrypt, rotate

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_what_an_old_key_wrote_is_read_until_that_key_is_gone(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    kept = encrypt("Schlüssel")
    assert "Schl" not in kept
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(kept) == "Schlüssel"
    moved, fresh = rotate(kept), encrypt("Tür")
    settings.ENCRYPTION_KEYS = [NEW]
    assert [decrypt(one) for one in (moved, fresh)] == ["Schlüssel", "Tür"]
    with pytest.raises(InvalidToken):
        decrypt(kept)


def test_what_was_tampered_with_is_not_read(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    kept = encrypt("Schlüssel")
    with pytest.raises(InvalidToken):
        decrypt(kept[:-4] + "AAA=")


@pytest.mark.parametrize("keys", [["short"], [NEW, "x" * 44], []])
def test_a_key_that_is_none_is_named(settings: Settings, keys: list[str]) -> None:
    settings.ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS must be Fernet keys"):
        encrypt("x")
