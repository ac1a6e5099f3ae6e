"""The way out that is a row of ours: it comes and is marked in one statement, so exactly once."""

from __future__ import annotations

from contextlib import nullcontext
from math import inf
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import transaction

from reminders.channels.inbox import tell
from reminders.engine.claim import Claim, claim
from reminders.engine.database import OWNER, SYSTEM, columns, run, run_each, run_kept
from reminders.engine.decide import Later, Said, Skip, decide
from reminders.engine.failpoints import reach
from reminders.engine.outcomes import UNREADABLE, Outcome, mark, unsent
from reminders.engine.plan_sql import INSTEAD
from reminders.models import Because, Channel, Status

BATCH = 500
# A summary asks every section, with the eyes of its member, so it takes as long as a hundred
# reminders. No more of them are taken at once than are said long before their lease is over.
SUMMARIES = 4

# What was closed since the claim does not come any more, nor is she asked again about what she has
# put off meanwhile: the row's own state decides. LATERAL, IN and the id compared once more, so that
# each row is a look-up by primary key whatever the planner believes of the tables' sizes: it must
# take these rows for few, or it compares all with all.
COME = """
WITH o AS (
    SELECT o.*, d.cause, d.due_at
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::int[])
        AS o (id, notification_id, title, body, url, stage)
    CROSS JOIN LATERAL (
        SELECT d.id, d.cause, d.due_at FROM reminders_queued q
        JOIN reminders_delivery d ON d.id = q.id AND d.status = 'planned'
        WHERE q.id = o.id AND q.lease_owner = %s OFFSET 0
    ) d
    WHERE d.id = o.id
), n AS (
    UPDATE reminders_notification n
    SET arrived_at = due_clock(), title = o.title, body = o.body, url = o.url,
        due_at = coalesce(o.due_at, n.due_at), snoozed_until = NULL, read_at = NULL,
        stage_at = coalesce(due_clock() + make_interval(mins => o.stage), n.stage_at)
    FROM o WHERE n.id = o.notification_id AND n.closed_at IS NULL AND n.done_at IS NULL
      AND (o.cause <> 'nag' OR n.snoozed_until IS NULL)
    RETURNING n.id, n.guild_id, n.recipient_id
), ended AS MATERIALIZED (
    SELECT o.id, o.notification_id IN (SELECT id FROM n) AS came FROM o
), d AS (
    UPDATE reminders_delivery d
    SET status = CASE WHEN o.came THEN 'sent' ELSE 'skipped' END,
        reason = CASE WHEN o.came THEN '' ELSE 'withdrawn' END,
        sent_at = CASE WHEN o.came THEN (SELECT due_clock()) END,
        attempts = d.attempts || jsonb_build_array(jsonb_build_object(
            'at', (SELECT due_clock()),
            'outcome', CASE WHEN o.came THEN 'sent' ELSE 'skipped' END))
    FROM ended o WHERE d.id = o.id AND d.status = 'planned'
), q AS (
    DELETE FROM reminders_queued WHERE id = ANY (ARRAY(SELECT id FROM o))
)
SELECT id, guild_id, recipient_id FROM n
"""
# Whoever is to be asked again of what came just now is so once, however much was missed: what
# still waits of an earlier round is overtaken, and the next one lies ahead.
AGAIN = """
WITH n AS MATERIALIZED (
    SELECT n.guild_id, n.reminder_id, n.recipient_id, n.id, d.step, d.cause, d.due_at,
           r.nag_times AS most, make_interval(mins => r.nag_minutes) AS pause
    FROM unnest(%s::uuid[]) AS o (id)
    JOIN reminders_delivery d ON d.id = o.id AND d.status = 'sent'
    JOIN reminders_notification n ON n.id = d.notification_id AND n.because <> 'escalated'
    JOIN reminders_reminder r ON r.id = d.reminder_id AND r.nag_minutes IS NOT NULL
        AND r.paused_at IS NULL
), rounds AS MATERIALIZED (
    SELECT x.* FROM n CROSS JOIN LATERAL (
        SELECT * FROM reminders_delivery
        WHERE guild_id = n.guild_id AND notification_id = n.id OFFSET 0
    ) x
), overtaken AS (
    UPDATE reminders_delivery d SET status = 'skipped', reason = 'overtaken'
    FROM rounds x JOIN n ON n.id = x.notification_id
    WHERE d.id = x.id AND n.cause = 'nag' AND x.step < n.step AND x.channel <> 'inbox'
      AND d.status = 'planned'
), had AS (
    SELECT notification_id, max(step) AS last_step, count(*) FILTER (
        WHERE cause = 'nag' AND channel = 'inbox' AND status <> 'skipped') AS nags
    FROM rounds GROUP BY notification_id
)
INSERT INTO reminders_delivery
    (id, guild_id, notification_id, reminder_id, recipient_id, channel, destination_id, step,
     cause, status, reason, attempts, due_at, try_at, provider_id)
SELECT uuidv7(), n.guild_id, n.id, n.reminder_id, n.recipient_id, way.channel,
       way.destination_id, had.last_step + 1, 'nag', 'planned', '', '[]', next.at, next.at, ''
FROM n JOIN had ON had.notification_id = n.id AND had.nags < n.most
JOIN rounds way ON way.notification_id = n.id AND way.step = 0
LEFT JOIN reminders_destination x ON x.id = way.destination_id
CROSS JOIN LATERAL (
    SELECT n.pause + CASE WHEN due_clock() - n.due_at > n.pause / 2 THEN due_clock()
                          ELSE n.due_at END AS at
) next
WHERE x.switched_off_at IS NULL AND x.deleted_at IS NULL
ON CONFLICT DO NOTHING
"""
# Where nobody is left to whom it could come, somebody has to hear of it.
_NOT_HER = {Skip("away"), Skip("left"), Skip("reassigned")}
HOLD = "SELECT id FROM reminders_reminder WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE"


def drain_inbox(patience: float = inf) -> int:
    """How many inbox deliveries were decided; none is due any more when it returns, but for
    summaries that would take longer than so many seconds.
    """
    end = monotonic() + patience
    return _drain(BATCH, of_reminders=True) + _drain(SUMMARIES, of_reminders=False, end=end)


def _drain(batch: int, *, of_reminders: bool, end: float = inf) -> int:
    seen = 0
    while claims := claim(Channel.INBOX, batch, of_reminders=of_reminders):
        reach("claimed")
        decided = decide(claims)
        unsaid = [(one, what) for one, what in decided if not isinstance(what, Said)]
        anew = _pass_by([pair for pair in unsaid if _is_missed(*pair)])
        mark([unsent(*pair) for pair in unsaid if not _is_missed(*pair)])
        _come([(one, what) for one, what in decided if isinstance(what, Said)])
        seen += len(claims)
        if (len(claims) < batch and not anew) or monotonic() > end:
            break
    return seen


def _is_missed(one: Claim, what: Skip | Later) -> bool:
    """Whether somebody else may have to hear of it, since she does not."""
    return what in _NOT_HER and one.step == 0 and one.reminder_id is not None


def _pass_by(unsaid: list[tuple[Claim, Skip | Later]]) -> bool:
    """Write down what does not come to her, and plan for whoever stands in what came to nobody;
    False where there was nothing.

    At once, so that no crash lies between. One worker at a time looks at an occurrence: otherwise
    each would see the other's recipient still waiting.
    """
    if not unsaid:
        return False
    asked = sorted({(one.guild_id, one.reminder_id, one.slot) for one, _ in unsaid})
    with transaction.atomic(using=SYSTEM):
        run(HOLD, [[reminder for _, reminder, _ in asked]])
        mark([unsent(*pair) for pair in unsaid])
        run(INSTEAD, [*columns(asked), settings.SPREAD_SECONDS])
    return True


def _come(said: list[tuple[Claim, Said]]) -> None:
    if not said:
        return
    nagging = [one.id for one, _ in said if one.nags and one.because != Because.ESCALATED]
    with transaction.atomic(using=SYSTEM) if nagging else nullcontext():
        came, refused = run_each(
            COME,
            [(one.id, one.notification_id, *what, one.first_stage) for one, what in said],
            OWNER,
            ask=_guarded if nagging else run_kept,
        )
        if nagging:
            run(AGAIN, [nagging])
    mark([Outcome(one, Status.FAILED, "permanent", UNREADABLE) for one, *_ in refused])
    tell(came)


def _guarded(sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    """So that what PostgreSQL refuses does not take the transaction along."""
    with transaction.atomic(using=SYSTEM):
        return run(sql, parameters)
