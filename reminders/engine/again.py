"""Staff let what failed, or was not sent, be tried again: the same row, so the same key."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from accounts.guild.models import Visibility
from accounts.guild.scope import guild_scope
from accounts.history import acting_from, record
from accounts.models import Source
from reminders.engine.database import SYSTEM, run
from reminders.models import Delivery
from reminders.reasons import KINDS

# Somebody took these back, or they have their outcome elsewhere.
WITHDRAWN = [*KINDS["withdrawn"][1], "maker_left"]

AGAIN = """
WITH asked AS (
    SELECT d.id, d.guild_id, d.recipient_id, CASE
        WHEN d.status = 'sent' THEN 'sent'
        WHEN d.status = 'planned' THEN 'under_way'
        WHEN g.deleted_at IS NOT NULL OR NOT g.is_active THEN 'guild_closed'
        WHEN m.left_at IS NOT NULL THEN 'left'
        WHEN n.done_at IS NOT NULL THEN 'done'
        WHEN n.closed_at IS NOT NULL OR r.deleted_at IS NOT NULL THEN 'closed'
        WHEN n.snoozed_until IS NOT NULL THEN 'snoozed'
        WHEN d.reason = ANY (%s) OR d.reason ~ '^(source:|acted:|missed)' THEN 'closed'
        ELSE '' END AS against
    FROM reminders_delivery d
    JOIN accounts_guild g ON g.id = d.guild_id
    LEFT JOIN accounts_member m ON m.guild_id = d.guild_id AND m.id = d.recipient_id
    LEFT JOIN reminders_notification n ON n.guild_id = d.guild_id AND n.id = d.notification_id
    LEFT JOIN reminders_reminder r ON r.guild_id = d.guild_id AND r.id = d.reminder_id
    WHERE d.id = ANY (%s)
    ORDER BY d.id
    FOR NO KEY UPDATE OF d
), moved AS (
    UPDATE reminders_delivery d
    SET status = 'planned', reason = '', try_at = due_clock(),
        attempts = d.attempts || jsonb_build_array(jsonb_build_object(
            'at', due_clock(), 'outcome', 'again'))
    FROM asked WHERE d.id = asked.id AND asked.against = ''
)
SELECT id, guild_id, recipient_id, against FROM asked
"""


def try_again(ids: Collection[UUID], *, by_name: str) -> dict[UUID, str]:
    """What speaks against trying each of these again, a code; '' for those that are due now.

    Whether they are still wanted is asked once more when they go out, as always.
    """
    with transaction.atomic(using=SYSTEM):
        rows = run(AGAIN, [WITHDRAWN, list(ids)])
        for pk, guild, recipient, against in rows:
            if not against:
                _record(Delivery(id=pk, guild_id=guild, recipient_id=recipient), by_name)
    return {pk: against for pk, _guild, _recipient, against in rows}


def _record(row: Delivery, by_name: str) -> None:
    """For whom it was reads it in her history; what the household was told, everybody."""
    with guild_scope(row.guild_id, using=SYSTEM), acting_from(Source.ADMIN):
        record(
            "tried again",
            row,
            by=None,
            title=str(row._meta.verbose_name),
            actor_name=by_name,
            visibility=Visibility.PRIVATE if row.recipient_id else Visibility.HOUSEHOLD,
            using=SYSTEM,
        )
