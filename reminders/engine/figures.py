"""How delivery goes, for /metrics: read from the database, so that any process can tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from reminders.engine.database import run

# What is planned stands in the queue, with what was withdrawn before it was due. OFFSET 0: each is
# a look-up, however few the planner takes all the others for.
_PLANNED = """
    reminders_queued q CROSS JOIN LATERAL (
        SELECT * FROM reminders_delivery d WHERE d.id = q.id AND d.status = 'planned' OFFSET 0
    ) d
"""
# What is finished is counted over the last day: counting all of it would read the whole table.
COUNTS = f"""
SELECT channel, status, count(*) FROM (
    SELECT d.channel, d.status FROM {_PLANNED}
    UNION ALL
    SELECT channel, status FROM reminders_delivery
    WHERE status <> 'planned' AND due_at > (SELECT due_clock()) - interval '1 day'
) each_one
GROUP BY channel, status ORDER BY channel, status
"""  # noqa: S608  # put together from our own text
LATENESS = """
SELECT channel,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY late)::float8,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY late)::float8
FROM (
    SELECT channel, greatest(0, extract(epoch FROM sent_at - due_at)) AS late
    FROM reminders_delivery WHERE sent_at > (SELECT due_clock()) - interval '5 minutes'
) sent
GROUP BY channel ORDER BY channel
"""
RETRIES = f"""
SELECT d.channel, count(*) FROM {_PLANNED} WHERE d.attempts @> '[{{"outcome": "passing"}}]'
GROUP BY d.channel ORDER BY d.channel
"""  # noqa: S608  # likewise
ATTEMPTS = """
SELECT channel, tried ->> 'outcome', count(*)
FROM reminders_delivery, jsonb_array_elements(attempts) tried
WHERE sent_at > (SELECT due_clock()) - interval '5 minutes'
GROUP BY 1, 2 ORDER BY 1, 2
"""
OUTCOMES = """
SELECT channel,
       count(*) FILTER (WHERE status = 'sent'), count(*) FILTER (WHERE status = 'failed'),
       count(*) FILTER (WHERE status = 'skipped'),
       count(*) FILTER (WHERE status = 'planned'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(sent_at - due_at, interval '0'))
           FILTER (WHERE sent_at IS NOT NULL),
       percentile_cont(0.99) WITHIN GROUP (ORDER BY greatest(sent_at - due_at, interval '0'))
           FILTER (WHERE sent_at IS NOT NULL)
FROM reminders_delivery
WHERE due_at > (SELECT due_clock()) - interval '1 day' AND due_at <= (SELECT due_clock())
GROUP BY channel ORDER BY channel
"""
OVERDUE = f"""
SELECT coalesce(max(greatest(0, extract(epoch FROM due_clock() - due))), 0)::float8 FROM (
    SELECT min(q.try_at) AS due FROM {_PLANNED}
    UNION ALL
    SELECT min(look_at) FROM reminders_reminder
    WHERE look_at IS NOT NULL AND next_slot <> ''
) waiting
"""  # noqa: S608  # likewise


class Outcomes(NamedTuple):
    """Of one way, what became of what fell due within the last day, and how late it went out: half
    of it at most `late`, all but one in a hundred at most `latest`. The order is that of OUTCOMES.
    """

    channel: str
    sent: int
    failed: int
    skipped: int
    waiting: int
    late: timedelta | None
    latest: timedelta | None


@dataclass(frozen=True, slots=True)
class Figures:
    """`lateness` is (p50, p99) in seconds of what went out in the last five minutes, `attempts` how
    its tries ended; `retries` wait for another one; `overdue` is how long the longest waiting one
    has been due.
    """

    counts: dict[tuple[str, str], int]
    lateness: dict[str, tuple[float, float]]
    attempts: dict[tuple[str, str], int]
    retries: dict[str, int]
    overdue_seconds: float


def figures() -> Figures:
    """Five queries as guildhall_system."""
    counts = {(channel, status): count for channel, status, count in run(COUNTS)}
    lateness = {channel: (p50, p99) for channel, p50, p99 in run(LATENESS)}
    attempts = {(channel, outcome): count for channel, outcome, count in run(ATTEMPTS)}
    retries: dict[str, int] = dict(run(RETRIES))
    [(overdue,)] = run(OVERDUE)
    return Figures(counts, lateness, attempts, retries, overdue)


def outcomes() -> list[Outcomes]:
    """Of each way, for staff; one query as guildhall_system."""
    return [Outcomes(*row) for row in run(OUTCOMES)]
