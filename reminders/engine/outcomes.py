"""What became of deliveries, written down in groups."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from reminders.engine.claim import Claim
from reminders.engine.database import run_each, run_kept
from reminders.engine.decide import Later, Skip
from reminders.models import Status

log = structlog.get_logger("guildhall.delivery")

# Text that PostgreSQL cannot hold.
UNREADABLE = "error:unreadable"


class Outcome(NamedTuple):
    """How one attempt ended. `pause` is the time until the next one, where there is one."""

    id: UUID
    status: str
    outcome: str
    reason: str = ""
    provider_id: str = ""
    pause: timedelta | None = None


# A row whose lease went to somebody else meanwhile, or that was withdrawn, is sent all the same, so
# it says so. What waits again for the same is written down once; the queue follows its time. A
# destination that is gone is switched off, and an address that is no more her own; a browser that
# is gone comes back as another one.
MARK = """
WITH o AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
                         %s::interval[]) AS o (id, status, outcome, reason, provider_id, pause)
), d AS (
    UPDATE reminders_delivery d
    SET status = o.status, reason = o.reason, provider_id = o.provider_id,
        sent_at = CASE WHEN o.status = 'sent' THEN (SELECT due_clock()) END,
        try_at = CASE WHEN o.status = 'planned' THEN (SELECT due_clock()) + o.pause
                      ELSE d.try_at END,
        attempts = CASE
            WHEN o.outcome = 'waits' AND d.attempts -> -1 @> jsonb_build_object(
                'outcome', o.outcome, 'reason', o.reason) THEN d.attempts
            ELSE d.attempts || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                'at', (SELECT due_clock()), 'outcome', o.outcome, 'reason', NULLIF(o.reason, ''))))
        END
    FROM o WHERE d.id = o.id
      AND (d.status = 'planned' OR d.status = 'skipped' AND o.status = 'sent')
    RETURNING d.guild_id, d.notification_id, d.destination_id, d.channel, d.cause, d.status,
        d.reason, o.outcome
), q AS (
    DELETE FROM reminders_queued
    WHERE id = ANY (ARRAY(SELECT id FROM o WHERE status <> 'planned'))
), x AS (
    UPDATE reminders_destination x
    SET switched_off_at = due_clock(), switched_off_reason = left(d.reason, 200),
        deleted_at = coalesce(x.deleted_at, CASE WHEN x.channel = 'push' THEN due_clock() END)
    FROM d
    WHERE (d.outcome = 'gone' OR d.status = 'skipped' AND d.reason = 'unconfirmed')
      AND x.id = d.destination_id
      AND x.switched_off_at IS NULL
)
UPDATE reminders_notification n SET closed_at = due_clock(), closed_reason = left(d.reason, 200)
FROM d
WHERE d.channel = 'inbox' AND d.status IN ('skipped', 'failed') AND d.cause <> 'nag'
  AND n.id = d.notification_id
  AND n.closed_at IS NULL AND n.done_at IS NULL
"""


def mark(outcomes: list[Outcome]) -> None:
    """Write them down; an inbox row that is not to come is closed with the same reason."""
    if not outcomes:
        return
    _, refused = run_each(MARK, outcomes, ask=run_kept)
    if refused:
        # What a provider said is lost then, not what became of the message.
        run_each(MARK, [_without_words(one) for one in refused], ask=run_kept)
    _tell(outcomes)


def _tell(outcomes: list[Outcome]) -> None:
    """One line for all that went well, and one for each that did not."""
    sent = [one.id for one in outcomes if one.status == Status.SENT]
    if sent:
        log.info("deliveries.sent", count=len(sent), deliveries=sent)
    for one in outcomes:
        if one.status != Status.SENT:
            log.info("delivery", delivery=str(one.id), outcome=one.outcome, status=one.status)


def _without_words(one: Outcome) -> Outcome:
    return one._replace(reason=UNREADABLE if one.reason else "", provider_id="")


def unsent(one: Claim, decision: Skip | Later) -> Outcome:
    """What is written down of a delivery that does not go out now."""
    if isinstance(decision, Skip):
        return Outcome(one.id, Status.SKIPPED, "skipped", decision.reason)
    pause = decision.until - one.now
    return Outcome(one.id, Status.PLANNED, "waits", decision.reason, pause=pause)
