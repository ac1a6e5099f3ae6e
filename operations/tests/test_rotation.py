"""A new key for what is encrypted: once it is everywhere, the old one can be thrown away."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast, api
from accounts.jobs import hand_over_letters
from accounts.secrets import encrypt
from reminders.models import Destination

SIGN_UP = {"email": "nina@example.org", "password1": "correct horse battery", "first_name": "Nina"}


@pytest.fixture
def keys(settings: Settings) -> list[str]:
    """A new key and the old one, with which all was written."""
    new, old = (Fernet.generate_key().decode() for _ in range(2))
    settings.ENCRYPTION_KEYS = [old]
    return [new, old]


def write_everything(cast: Cast) -> None:
    assert Client().post("/accounts/signup/", SIGN_UP).status_code == 302
    assert add_task(cast).status_code == 201
    with connections["system"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO reminders_destination"
            " (id, guild_id, channel, name, follows_account, secret, switched_off_reason)"
            " VALUES (uuidv7(), %s, 'email', 'Family list', false, %s, '')",
            [cast.home.pk, encrypt("family@example.org")],
        )


def add_task(cast: Cast) -> Any:
    return api(cast.alice).post("tasks/", {"title": "Bins"}, headers={"Idempotency-Key": "once"})


def test_all_is_read_with_the_new_key_alone(
    committed_cast: Cast, settings: Settings, keys: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write_everything(committed_cast)
    settings.ENCRYPTION_KEYS = keys
    call_command("rotate_keys")
    assert "3 texts" in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = keys[:1]
    assert add_task(committed_cast).headers["Idempotency-Replayed"] == "true"
    hand_over_letters()
    assert [letter.to for letter in mail.outbox] == [["nina@example.org"]]
    addresses = Destination._base_manager.using("system").exclude(secret="")
    assert [one.secret for one in addresses] == ["family@example.org"]


def test_what_no_key_opens_is_said(
    committed_cast: Cast, settings: Settings, keys: list[str]
) -> None:
    write_everything(committed_cast)
    settings.ENCRYPTION_KEYS = keys[:1]
    with pytest.raises(CommandError, match="3 texts"):
        call_command("rotate_keys")
