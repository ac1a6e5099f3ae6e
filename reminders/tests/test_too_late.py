"""What waits ends: it goes out, or is skipped when it is more than a day late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.guild.testing import Cast, api
from accounts.models import Guild, Member, User
from config.tests.loopback import Loopback, loopback, says
from reminders.engine.claim import claim, give_back
from reminders.engine.database import run
from reminders.engine.drain import Drain
from reminders.engine.plan import plan
from reminders.models import Channel
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder
from reminders.tests.rounds import away, clock, remind


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


def test_what_was_under_way_when_the_house_went_off_for_three_days(
    committed_cast: Cast, site: Loopback
) -> None:
    carol = committed_cast.carol
    add_webhook(carol, site)
    row = make_reminder(carol)
    with clock_shifted(seconds=61):
        plan()
        assert len(claim("webhook", 5)) == 1  # and then the power fails

    deliver(days=3)

    assert (webhook(row)["status"], webhook(row)["reason"]) == ("skipped", "too_late")
    assert site.asked == []


def test_what_was_tried_before_a_break_of_three_days(committed_cast: Cast, site: Loopback) -> None:
    carol = committed_cast.carol
    add_webhook(carol, site)
    site.answers = [says(503)]
    row = make_reminder(carol)
    deliver(seconds=62)

    deliver(days=3)

    assert (webhook(row)["status"], webhook(row)["reason"]) == ("skipped", "too_late")
    assert len(site.asked) == 1


def test_a_pause_that_a_provider_asks_for_counts(committed_cast: Cast, site: Loopback) -> None:
    carol = committed_cast.carol
    add_webhook(carol, site)
    row = make_reminder(carol)
    with clock_shifted(seconds=61):
        plan()
        [one] = claim("webhook", 5)
        give_back({one.id: timedelta(days=2).total_seconds()})

    deliver(days=1)
    assert webhook(row)["status"] == "planned"
    deliver(days=2, minutes=2)

    assert (webhook(row)["status"], webhook(row)["reason"]) == ("skipped", "too_late")


@pytest.fixture
def night(committed_cast: Cast, site: Loopback) -> Member:
    """Carol, with nine quiet hours since an hour ago by the clocks of a zone without changes."""
    carol = committed_cast.carol
    assert carol.user_id
    User.objects.filter(pk=carol.user_id).update(time_zone="UTC")
    Guild.objects.filter(pk=committed_cast.home.pk).update(time_zone="UTC")
    now = timezone.now()
    hours = {"quiet_from": clock(now, hours=-1), "quiet_until": clock(now, hours=8)}
    add_webhook(carol, site, **{name: f"{at:%H:%M}" for name, at in hours.items()})
    return carol


def test_quiet_hours_do_not_count(night: Member, site: Loopback) -> None:
    row = make_reminder(night)

    # Due at night and off until the next one: that one is waited for, too, and ends a day after
    # the first did.
    deliver(hours=25)
    assert webhook(row)["reason"].startswith("quiet:")
    deliver(hours=32, minutes=2)

    assert webhook(row)["status"] == "sent"
    [asked] = site.asked
    late_by = asked.json["data"]["late_by_seconds"]
    assert timedelta(hours=16) < timedelta(seconds=late_by) < timedelta(hours=18)


def test_what_is_off_after_quiet_hours_counts(night: Member, site: Loopback) -> None:
    row = make_reminder(night)
    deliver(minutes=2)
    assert webhook(row)["reason"].startswith("quiet:")

    # They ended after eight hours, and then nothing ran for more than a day.
    deliver(hours=40)

    assert (webhook(row)["status"], webhook(row)["reason"]) == ("skipped", "too_late")
    assert site.asked == []
