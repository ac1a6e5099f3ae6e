"""The queue holds what is yet to be decided, whoever planned it, and nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api
from reminders.channels.base import Limits, Message, Sent
from reminders.engine import outside
from reminders.engine.claim import claim
from reminders.engine.database import forget, run
from reminders.engine.drain import Drain
from reminders.engine.inbox import drain_inbox
from reminders.engine.plan import plan
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder
from reminders.tests.test_limits import way_to


def queued() -> set[UUID]:
    return {one for (one,) in run("SELECT id FROM reminders_queued")}


def planned() -> set[UUID]:
    return {one for (one,) in run("SELECT id FROM reminders_delivery WHERE status = 'planned'")}


def test_what_is_planned_stands_there_until_it_is_decided(committed_cast: Cast) -> None:
    make_reminder(committed_cast.carol, in_seconds=20, message="Later")
    plan()
    assert len(queued()) == 2
    assert queued() == planned()

    deliver(seconds=21)

    assert (queued(), planned()) == (set(), set())


def test_what_was_withdrawn_leaves_it_when_its_time_comes(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, in_seconds=20)
    plan()
    assert api(committed_cast.carol).delete(f"reminders/{reminder.pk}/").status_code == 204
    assert planned() == set()

    assert deliver(seconds=21) == 0

    assert queued() == set()
    assert {one["status"] for one in deliveries(reminder)} == {"skipped"}


def test_what_is_put_off_on_the_page_stands_there_for_that_time(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_reminder(carol)
    deliver(seconds=61)
    [row] = api(carol).get("inbox/").json()["results"]
    assert api(carol).post(f"inbox/{row['id']}/snooze/", {"minutes": 30}).status_code == 200

    assert queued() == planned()
    [(earliest,)] = run("SELECT min(try_at) FROM reminders_queued")
    assert 29 * 60 < (earliest - timezone.now()).total_seconds() <= 30 * 60


def test_a_lease_that_ran_out_is_noted_and_taken_over(committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol)
    with clock_shifted(seconds=61):
        plan()
        assert len(claim("inbox", 10)) == 1
        assert claim("inbox", 10) == []
        run("UPDATE reminders_queued SET lease_owner = uuidv7() WHERE lease_until IS NOT NULL")
    deliver(seconds=80)
    [inbox] = [one for one in deliveries(reminder) if one["channel"] == "inbox"]
    assert inbox["attempts"] == ["lost", "sent"]


def test_what_was_withdrawn_on_its_way_says_that_it_went_out(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = committed_cast.carol

    class Provider:
        concurrency, limits = 1, Limits(at_once=1, per_second=0, provider_at_once=0)

        def send(self, message: Message) -> Sent:
            [row] = api(carol).get("inbox/").json()["results"]
            assert api(carol).post(f"inbox/{row['id']}/done/", {}).status_code == 200
            went.append(message.title)
            forget()
            return Sent()

    went: list[str] = []
    monkeypatch.setitem(outside.WAYS, "webhook", Provider())
    way_to(carol, "https://one.example/")
    reminder = make_reminder(carol)
    with clock_shifted(seconds=61):
        plan()
        drain_inbox()
        drain = Drain("webhook")
        drain.run()
        drain.close()

    assert went == ["Feed the cat"]
    states = {one["channel"]: one["status"] for one in deliveries(reminder)}
    assert states["webhook"] == "sent"
    deliver(seconds=200)
    assert queued() == set()


def test_pages_neither_see_it_nor_write_it(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_reminder(carol, in_seconds=20)
    plan()
    with guild_scope(carol.guild_id, carol), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reminders_queued")
        assert cursor.fetchone() == (0,)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(
                "INSERT INTO reminders_queued (id, channel, is_reminder, try_at)"
                " VALUES (uuidv7(), 'inbox', true, now())"
            )


def test_no_index_of_deliveries_knows_their_outcome(committed_cast: Cast) -> None:
    """PostgreSQL then writes it beside the row, and no index (HOT); summarising ones aside."""
    rows = run(
        "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c"
        " ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
        " WHERE i.indrelid = 'reminders_delivery'::regclass AND a.amname <> 'brin'"
    )
    written = {"status", "reason", "attempts", "sent_at", "try_at", "provider_id", "updated_at"}
    assert rows
    assert [text for (text,) in rows if any(name in text for name in written)] == []
