"""What /metrics says of deliveries."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.guild.testing import Cast
from reminders.channels.base import Message, PassingFailure, Sent
from reminders.engine import outside
from reminders.testing import deliver, make_reminder


def test_deliveries_are_counted_by_state_and_measured(committed_cast: Cast) -> None:
    make_reminder(committed_cast.carol, in_seconds=1)
    make_reminder(committed_cast.carol, in_seconds=25)
    deliver(seconds=2)
    text = Client().get("/metrics").content.decode()
    assert 'guildhall_deliveries{channel="inbox",state="sent"} 1.0' in text
    assert 'guildhall_deliveries{channel="inbox",state="planned"} 1.0' in text
    assert 'guildhall_delivery_late_seconds{channel="inbox",quantile="0.99"}' in text
    assert 'guildhall_delivery_attempts{channel="inbox",outcome="sent"} 1.0' in text
    assert "Feed the cat" not in text


def test_what_waits_for_another_try_is_counted(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Busy:
        concurrency = 2

        def send(self, _message: Message) -> Sent:
            raise PassingFailure("451 busy")

    monkeypatch.setitem(outside.WAYS, "email", Busy())
    make_reminder(committed_cast.carol, in_seconds=1)
    deliver(seconds=2)
    text = Client().get("/metrics").content.decode()
    assert 'guildhall_delivery_retries{channel="email"} 1.0' in text
