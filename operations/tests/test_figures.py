"""What /metrics says of deliveries."""

from __future__ import annotations

from django.test import Client

from accounts.guild.testing import Cast
from reminders.testing import deliver, make_reminder


def test_deliveries_are_counted_by_state_and_measured(committed_cast: Cast) -> None:
    make_reminder(committed_cast.carol, in_seconds=1)
    make_reminder(committed_cast.carol, in_seconds=25)
    deliver(seconds=2)
    text = Client().get("/metrics").content.decode()
    assert 'guildhall_deliveries{channel="inbox",state="sent"} 1.0' in text
    assert 'guildhall_deliveries{channel="inbox",state="planned"} 1.0' in text
    assert 'guildhall_delivery_late_seconds{channel="inbox",quantile="0.99"}' in text
    assert "Feed the cat" not in text
