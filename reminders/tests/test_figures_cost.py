"""Figures of the last day do not read what is kept for a year."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connections, transaction

from accounts.guild.testing import Cast
from reminders.engine.database import SYSTEM, run
from reminders.engine.figures import COUNTS, OUTCOMES, figures, outcomes
from reminders.testing import clock_shifted, deliver, make_reminder

OLD = 12_000


def kept(like: Any) -> None:
    """Messages of last year, and then those of today."""
    run(
        "INSERT INTO reminders_delivery (id, guild_id, notification_id, reminder_id, recipient_id,"
        " channel, step, status, reason, attempts, due_at, try_at, provider_id)"
        " SELECT uuidv7(), d.guild_id, d.notification_id, d.reminder_id, d.recipient_id, d.channel,"
        " i, 'skipped', '', '[]', d.due_at - interval '300 days', d.try_at, ''"
        " FROM reminders_delivery d, generate_series(1, %s) i"
        " WHERE d.reminder_id = %s AND d.channel = 'inbox'",
        [OLD, like.pk],
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT brin_summarize_new_values('reminders_delivery_due')")
        cursor.execute("ANALYZE reminders_delivery")


def rows_read(node: dict[str, Any]) -> int:
    """Of the plan: those of the table that were looked at, also in vain."""
    names = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    own = node["Actual Rows"] + sum(node.get(name, 0) for name in names)
    here = own if node["Node Type"].endswith("Scan") and "Relation Name" in node else 0
    return int(here * node["Actual Loops"]) + sum(rows_read(one) for one in node.get("Plans", ()))


@pytest.mark.parametrize("statement", [COUNTS, OUTCOMES])
def test_what_is_old_is_not_read(committed_cast: Cast, statement: str) -> None:
    kept(make_reminder_that_came(committed_cast))
    with transaction.atomic(using=SYSTEM):
        plan = run(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}")[0][0]
    read = json.loads(plan) if isinstance(plan, str) else plan
    assert rows_read(read[0]["Plan"]) < OLD / 2, plan


def make_reminder_that_came(cast: Cast) -> Any:
    reminder = make_reminder(cast.carol, in_seconds=0.1)
    deliver(seconds=2)
    return reminder


def test_what_waits_counts_however_old_it_is(committed_cast: Cast) -> None:
    make_reminder_that_came(committed_cast)
    run(
        "UPDATE reminders_delivery SET status = 'planned', sent_at = NULL,"
        " due_at = due_at - interval '9 days' WHERE channel = 'email'"
    )
    with clock_shifted(seconds=2):
        assert figures().counts == {("email", "planned"): 1, ("inbox", "sent"): 1}
        assert [(row.channel, row.sent) for row in outcomes()] == [("inbox", 1)]
