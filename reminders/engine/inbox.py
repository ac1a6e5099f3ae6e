"""The way out that is a row of ours: it comes and is marked in one statement, so exactly once."""

from __future__ import annotations

from reminders.channels.inbox import tell
from reminders.engine.claim import Claim, claim
from reminders.engine.database import OWNER, run_each
from reminders.engine.decide import Said, decide
from reminders.engine.failpoints import reach
from reminders.engine.outcomes import UNREADABLE, Outcome, mark, skipped
from reminders.models import Channel, Status

BATCH = 500

# What was closed since the claim does not come any more: the row's own state decides. `|| ''` keeps
# PostgreSQL from looking through all leases for each row.
COME = """
WITH o AS (
    SELECT o.* FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[])
        AS o (id, notification_id, title, body, url)
    JOIN reminders_delivery d ON d.id = o.id AND d.status || '' = 'sending' AND d.lease_owner = %s
), n AS (
    UPDATE reminders_notification n
    SET arrived_at = due_clock(), title = o.title, body = o.body, url = o.url,
        snoozed_until = NULL, read_at = NULL
    FROM o WHERE n.id = o.notification_id AND n.closed_at IS NULL AND n.done_at IS NULL
    RETURNING n.id, n.guild_id, n.recipient_id
), d AS (
    UPDATE reminders_delivery d
    SET status = CASE WHEN n.id IS NULL THEN 'skipped' ELSE 'sent' END,
        reason = CASE WHEN n.id IS NULL THEN 'withdrawn' ELSE '' END,
        sent_at = CASE WHEN n.id IS NOT NULL THEN due_clock() END,
        lease_until = NULL,
        attempts = d.attempts || jsonb_build_array(jsonb_build_object(
            'at', due_clock(),
            'outcome', CASE WHEN n.id IS NULL THEN 'skipped' ELSE 'sent' END))
    FROM o LEFT JOIN n ON n.id = o.notification_id
    WHERE d.id = o.id
)
SELECT id, guild_id, recipient_id FROM n
"""


def drain_inbox() -> int:
    """How many inbox deliveries were decided; none is due any more when it returns."""
    seen = 0
    while claims := claim(Channel.INBOX, BATCH):
        reach("claimed")
        decided = decide(claims)
        mark([skipped(one, what) for one, what in decided if not isinstance(what, Said)])
        _come([(one, what) for one, what in decided if isinstance(what, Said)])
        seen += len(claims)
        if len(claims) < BATCH:
            break
    return seen


def _come(said: list[tuple[Claim, Said]]) -> None:
    if not said:
        return
    came, refused = run_each(
        COME, [(one.id, one.notification_id, *what) for one, what in said], OWNER
    )
    mark([Outcome(one, Status.FAILED, "permanent", UNREADABLE) for one, *_ in refused])
    tell(came)
