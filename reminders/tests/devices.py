"""For tests of browsers that take push messages: let in by whoever signs in there."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.guild.scope import guild_scope
from accounts.models import Member
from reminders.models import Destination
from reminders.testing import deliveries
from reminders.tests.pushing import Browser

PASSWORD = "a kettle sings at seven"
ADD = "/g/home/devices/add/"
HERE = "/g/home/devices/here/"
WAYS = "/g/home/destinations/"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


def let_in(client: Client, phone: Browser) -> Any:
    said = {"subscription": json.dumps(phone.subscription)}
    return client.post(ADD, said, headers={"user-agent": CHROME})


def signed_in(member: Member) -> Client:
    client = Client()
    sign_in(client, member)
    return client


def sign_in(client: Client, member: Member) -> None:
    """As she does it herself, by her password."""
    assert member.user is not None
    if not member.user.check_password(PASSWORD):
        member.user.set_password(PASSWORD)
        member.user.save()
    said = {"login": member.user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", said).status_code == 302


def devices_of(member: Member) -> list[Destination]:
    with guild_scope(member.guild_id, member):
        return list(Destination.objects.filter(channel="push", member=member).order_by("id"))


def pushed(reminder: Any) -> list[tuple[str, str]]:
    return [
        (one["status"], one["reason"]) for one in deliveries(reminder) if one["channel"] == "push"
    ]
