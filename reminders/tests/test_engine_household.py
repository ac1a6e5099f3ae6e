"""A message to a household's own channel: one for the whole occurrence, nobody's inbox row."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from allauth.account.models import EmailAddress
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast
from accounts.models import Member
from accounts.secrets import encrypt
from reminders import actions
from reminders.engine.database import run
from reminders.models import Delivery, Reminder
from reminders.testing import deliver, make_reminder
from reminders.tests.smtp import Postbox, postbox


@pytest.fixture
def box(settings: Settings) -> Iterator[Postbox]:
    with postbox() as box:
        settings.MAILERS = box.mailers()
        yield box


def for_the_household(reminder: Reminder) -> None:
    """Plan the reminder's occurrence for an address that stands for all of them, confirmed by one
    of them.
    """
    with guild_scope(reminder.guild_id, None):
        maker = Member.objects.get(pk=str(reminder.created_by_id))
        EmailAddress.objects.create(
            user_id=maker.user_id, email="family@example.org", verified=True
        )
    [(way,)] = run(
        "INSERT INTO reminders_destination"
        " (id, guild_id, channel, name, follows_account, secret, address_hash, switched_off_reason)"
        " VALUES (uuidv7(), %s, 'email', 'Family list', false, %s, %s, '') RETURNING id",
        [
            reminder.guild_id,
            encrypt("family@example.org"),
            sha256(b"family@example.org").hexdigest(),
        ],
    )
    run(
        "INSERT INTO reminders_delivery (id, guild_id, reminder_id, occurrence, destination_id,"
        " channel, step, status, reason, attempts, due_at, try_at, provider_id)"
        " SELECT uuidv7(), guild_id, id, next_slot, %s, 'email', 0, 'planned', '', '[]',"
        " next_due_at, next_due_at, '' FROM reminders_reminder WHERE id = %s",
        [way, reminder.pk],
    )


def outcome(reminder: Reminder) -> list[tuple[str, str]]:
    rows = run(
        "SELECT status, reason FROM reminders_delivery"
        " WHERE reminder_id = %s AND notification_id IS NULL",
        [reminder.pk],
    )
    return [(status, reason) for status, reason in rows]


def test_it_goes_out_once_in_the_households_name(committed_cast: Cast, box: Postbox) -> None:
    reminder = make_reminder(committed_cast.carol, message="Bins out")
    for_the_household(reminder)

    deliver(minutes=2)
    deliver(minutes=3)

    [letter] = [one for one in box.letters if one["To"] == "family@example.org"]
    assert letter["Subject"] == "Bins out"
    assert letter["Message-ID"] not in {one["Message-ID"] for one in box.letters if one != letter}
    assert outcome(reminder) == [("sent", "")]


def test_it_is_withdrawn_with_its_reminder(committed_cast: Cast, box: Postbox) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, message="Bins out")
    for_the_household(reminder)
    with guild_scope(carol.guild_id, carol):
        actions.delete_reminder(reminder, by=carol, at=reminder.created_at)

    deliver(minutes=2)

    assert outcome(reminder) == [("skipped", "deleted")]
    assert box.letters == []


def test_one_occurrence_has_one_row_a_destination_and_round(
    committed_cast: Cast, box: Postbox
) -> None:
    reminder = make_reminder(committed_cast.carol)
    for_the_household(reminder)
    again = (
        "INSERT INTO reminders_delivery (id, guild_id, reminder_id, occurrence, destination_id,"
        " channel, step, status, reason, attempts, due_at, try_at, provider_id)"
        " SELECT uuidv7(), guild_id, reminder_id, occurrence, destination_id, channel, step,"
        " status, reason, attempts, due_at, try_at, '' FROM reminders_delivery"
        " WHERE reminder_id = %s AND notification_id IS NULL ON CONFLICT DO NOTHING RETURNING id"
    )
    assert run(again, [reminder.pk]) == []
    # Everybody at home may ask what became of it, nobody else.
    for member, there in ((committed_cast.bob, True), (committed_cast.charlie, False)):
        with guild_scope(member.guild_id, member):
            assert Delivery.objects.exists() is there
