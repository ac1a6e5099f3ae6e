"""What makes an occurrence, a letter and a message one and the same, held by the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.guild.ids import uuid7
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast
from config.web.errors import violated
from reminders.channels.base import idempotency_key
from reminders.engine.database import run
from reminders.models import Delivery, Notification
from reminders.testing import deliver, deliveries, make_reminder

GUILD, REMINDER, MEMBER, WAY = (UUID(int=number) for number in range(1, 5))
TUPLE: dict[str, Any] = {
    "guild": GUILD,
    "origin": REMINDER,
    "slot": "2026-03-29T07:30 Europe/Berlin",
    "recipient": MEMBER,
    "destination": WAY,
    "step": 0,
}


def refused_by(cast: Cast, row: Notification | Delivery) -> str:
    """The constraint that is held against one more such row; '' when it is taken."""
    try:
        with guild_scope(cast.home.pk, cast.carol), transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        return violated(error)
    return ""


def test_an_occurrence_has_one_letter_a_person(cast: Cast) -> None:
    reminder = make_reminder(cast.carol)
    said: dict[str, Any] = {"reminder": reminder, "guild_id": cast.home.pk, "title": "Came"}
    first = said | {"slot": "2026-12-01T07:30 Europe/Berlin", "recipient": cast.carol}

    assert refused_by(cast, Notification(**first)) == ""
    assert refused_by(cast, Notification(**first)) == "reminders_notification_occurrence"
    later = first | {"slot": "2026-12-02T07:30 Europe/Berlin"}
    assert refused_by(cast, Notification(**later)) == ""


def test_a_letter_goes_one_way_once_a_round(cast: Cast) -> None:
    reminder, now = make_reminder(cast.carol), timezone.now()
    letter = Notification(
        guild_id=cast.home.pk, reminder=reminder, slot="x", recipient=cast.carol, title="Came"
    )
    assert refused_by(cast, letter) == ""
    said: dict[str, Any] = {"guild_id": cast.home.pk, "notification": letter}
    said |= {"reminder": reminder, "recipient": cast.carol, "channel": "inbox"}
    said |= {"due_at": now, "try_at": now}

    # Without a destination, which is the inbox, just as with one.
    assert refused_by(cast, Delivery(**said)) == ""
    assert refused_by(cast, Delivery(**said)) == "reminders_delivery_once"
    assert refused_by(cast, Delivery(**said, step=1)) == ""


def test_a_slot_is_the_time_on_the_wall_or_the_instant(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=30)
    once = make_reminder(carol, frequency="once", once_at=at)
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011  # any day ahead will do
    daily = make_reminder(
        carol,
        frequency="daily",
        time=time(7, 30),
        time_zone="Europe/Berlin",
        starts_on=tomorrow,
    )
    [(slot,)] = run("SELECT next_slot FROM reminders_reminder WHERE id = %s", [daily.pk])
    deliver(minutes=1)

    assert {one["slot"] for one in deliveries(once)} == {f"{at:%Y-%m-%dT%H:%M:%S}Z"}
    assert slot == f"{tomorrow}T07:30 Europe/Berlin"


def test_the_key_on_the_wire_is_of_the_whole_tuple() -> None:
    key = idempotency_key(**TUPLE)
    others: dict[str, Any] = dict.fromkeys(["guild", "origin", "recipient"], uuid7())
    others |= {"slot": "2026-03-30T07:30 Europe/Berlin", "destination": None, "step": 1}

    assert key == idempotency_key(**TUPLE)
    assert len({key, *(idempotency_key(**TUPLE | {k: v}) for k, v in others.items())}) == 7


@pytest.mark.parametrize("status", ["sent", "failed", "skipped"])
def test_what_has_ended_is_not_sent_again(committed_cast: Cast, status: str) -> None:
    reminder = make_reminder(committed_cast.carol, in_seconds=1)
    deliver(seconds=2)
    run(
        "UPDATE reminders_delivery SET status = %s, attempts = '[]',"
        " sent_at = CASE WHEN %s = 'sent' THEN now() END",
        [status, status],
    )

    deliver(days=1)

    assert {(one["status"], len(one["attempts"])) for one in deliveries(reminder)} == {(status, 0)}
