"""What waits ends: it goes out, or is skipped when it is more than a day late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast, api
from accounts.models import Member
from config.tests.loopback import Loopback, loopback, says
from reminders.engine.database import run
from reminders.engine.drain import Drain
from reminders.engine.plan import plan
from reminders.models import Channel
from reminders.testing import clock_shifted, deliver, deliveries
from reminders.tests.rounds import away, remind


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback() as site:
        yield site


def add_webhook(by: Member, site: Loopback, **said: Any) -> None:
    body = {"channel": "webhook", "address": f"{site.url}/in", "name": "Mine"} | said
    assert api(by).post("destinations/", body).status_code == 201


def webhook(row: Any) -> dict[str, Any]:
    found = deliveries(row["id"] if isinstance(row, dict) else row)
    [one] = [one for one in found if one["channel"] == "webhook"]
    return one


def test_an_absence_said_while_a_retry_waits_does_not_hold_it_for_ever(
    committed_cast: Cast, site: Loopback
) -> None:
    bob = committed_cast.bob
    add_webhook(bob, site)
    site.answers = [says(503)]
    row = remind(committed_cast.carol, recipients=[str(bob.pk)])
    deliver(seconds=5)
    assert webhook(row)["status"] == "planned"

    # It lies in his inbox already, so that decides nothing any more.
    away(bob)
    deliver(seconds=30)
    deliver(seconds=32)

    assert webhook(row)["status"] == "sent"
    assert webhook(row)["attempts"] == ["passing", "sent"]


def test_what_waits_twice_for_the_same_says_so_once(committed_cast: Cast, site: Loopback) -> None:
    bob = committed_cast.bob
    add_webhook(bob, site)
    away(bob)
    row = remind(committed_cast.carol, recipients=[str(bob.pk)])

    with clock_shifted(seconds=5):
        plan()
        drain = Drain(Channel.WEBHOOK)
        for _ in range(2):
            drain.run()
            run("UPDATE reminders_delivery SET try_at = due_clock() WHERE channel = 'webhook'")
        drain.close()
    assert webhook(row)["attempts"] == ["waits"]

    deliver(seconds=6)
    assert (webhook(row)["status"], webhook(row)["reason"]) == ("skipped", "away")
