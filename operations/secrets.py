"""The secrets of an installation, made once and kept in the data folder for their owner alone."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from operations.data import DataFolder
from operations.errors import CannotStart


def secret_key(data: DataFolder) -> str:
    return _kept(data.secrets / "secret_key", lambda: secrets.token_urlsafe(50))


def encryption_keys(data: DataFolder) -> str:
    """Fernet keys, comma-separated, newest first."""
    return _kept(
        data.secrets / "encryption_keys", lambda: base64.urlsafe_b64encode(os.urandom(32)).decode()
    )


def jwt_private_key(data: DataFolder) -> str:
    """An RSA key in PEM."""
    return _kept(data.secrets / "jwt_private_key.pem", _rsa_key)


def vapid_private_key(data: DataFolder) -> str:
    """What push services know us by, a P-256 key as URL-safe base64. With another one, browsers
    would have to be asked anew.
    """
    return _kept(data.secrets / "vapid_private_key", _p256_key)


def database_password(data: DataFolder, role: str) -> str:
    return _kept(data.secrets / f"{role}_password", lambda: secrets.token_urlsafe(32))


def _rsa_key() -> str:
    # Imported here: it is needed once in the life of an installation.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _p256_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec

    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32)).decode().rstrip("=")


def _kept(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        _keep(path, make())
    value = path.read_text().strip()
    if not value:
        # Never replaced by itself: what an old key closed, a new one does not open.
        raise CannotStart(f"The secret {path} is empty. Bring it back from a backup.")
    return value


def _keep(path: Path, value: str) -> None:
    """The first to come wins, also among processes that start at once."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{value.strip()}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()
