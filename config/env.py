"""Typed readers of the environment. A value that cannot be used stops the start by its name."""

from __future__ import annotations

import base64
import os
import re
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured


def env_str(name: str, default: str | None = None) -> str:
    """The text of the variable; without a default it must be set."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is not set. `bin/up` and `bin/manage` set it themselves."
        )
    return default


def env_bool(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def env_int(name: str, default: int, *, least: int, most: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {least} to {most}, not {value!r}."
        )
    return int(value)


def env_list(name: str, default: str = "") -> list[str]:
    """The comma-separated parts, without blanks."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_choice(name: str, default: str, choices: set[str]) -> str:
    value = os.environ.get(name, "").strip() or default
    if value not in choices:
        raise ImproperlyConfigured(
            f"{name} must be one of {', '.join(sorted(choices))}, not {value!r}."
        )
    return value


def env_origin(name: str, default: str) -> str:
    """An http(s) origin such as https://home.example, without a path."""
    value = env_str(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured(f"{name} must be like https://home.example, not {value!r}.")
    return value


HOST = re.compile(r"(?=.*[a-z])[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", re.IGNORECASE)


def env_networks(name: str) -> list[str]:
    """Networks, addresses and names of hosts, comma-separated."""
    parts = env_list(name)
    for part in parts:
        try:
            ip_network(part)
        except ValueError as error:
            if not HOST.fullmatch(part):
                raise ImproperlyConfigured(
                    f"{name} must be networks and hosts like 192.168.1.0/24,ntfy.lan, not {part!r}."
                ) from error
    return parts


def env_database(name: str) -> dict[str, object]:
    """Django's settings of one PostgreSQL connection, from postgresql://user:password@host:port/name."""
    value = env_str(name)
    parts = urlsplit(value)
    if (
        parts.scheme not in {"postgres", "postgresql"}
        or not parts.path.strip("/")
        or not parts.username
    ):
        raise ImproperlyConfigured(
            f"{name} must be like postgresql://user:password@host:5432/name."
        )
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "config.web.postgres",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def env_vapid(private_name: str, public_name: str) -> tuple[str, str]:
    """The pair of P-256 keys that push services know us by (RFC 8292), as URL-safe base64; the
    public one follows from the other.
    """
    private = env_str(private_name)
    try:
        raw = base64.urlsafe_b64decode(private + "=" * (-len(private) % 4))
        # Zero is no key, which is what another length is taken for.
        number = int.from_bytes(raw) if len(raw) == 32 else 0
        key = ec.derive_private_key(number, ec.SECP256R1())
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{private_name} must be the 32 bytes of a P-256 key in URL-safe base64."
        ) from error
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public = base64.urlsafe_b64encode(point).decode().rstrip("=")
    if env_str(public_name, public).rstrip("=") != public:
        raise ImproperlyConfigured(f"{public_name} must belong to {private_name}, or be left out.")
    return private, public


def env_contact(name: str, default: str) -> str:
    """Whom a push service may ask about what we send: mailto: or https:."""
    value = env_str(name, default)
    if not value.startswith(("mailto:", "https://")):
        raise ImproperlyConfigured(
            f"{name} must be like mailto:you@home.example or https://home.example, not {value!r}."
        )
    return value


def env_mailer(name: str, folder: Path) -> dict[str, object]:
    """Django's settings of a mailer: smtp://, smtp+tls:// or smtp+ssl://.

    Without one, letters are laid into `folder`: whoever runs the house can read them there, and
    no log holds what they say.
    """
    value = env_str(name, "")
    if not value:
        return {"BACKEND": "config.web.mail.Folder", "OPTIONS": {"file_path": folder}}
    parts = urlsplit(value)
    ports = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must be like smtp+tls://user:password@mail.example:587."
        )
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or ports[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtp+ssl",
            "timeout": 15,
        },
    }
