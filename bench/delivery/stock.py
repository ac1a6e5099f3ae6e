"""Households and reminders in bulk: copies of one that was made as a member makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

GUILDS, MEMBERS = 50, 4
TABLES = ["reminders_delivery", "reminders_notification", "reminders_reminder"]
# From 0 to 1, the same in every run.
CHANCE = "(('x' || substr(md5(g::text), 1, 7))::bit(28)::int / 268435455.0)"


@dataclass(frozen=True)
class Pattern:
    """The rows that are copied."""

    guild: UUID
    member: UUID
    destination: UUID
    once: UUID
    daily: UUID
    recipient: UUID


class Stock:
    """Talks as the superuser of the servers, so that a million rows take a minute."""

    def __init__(self, connection: psycopg.Connection[Any], address: str) -> None:
        self.connection, self.pattern = connection, make_pattern(address)
        self._people()

    def _people(self) -> None:
        """GUILDS households of MEMBERS people without accounts, each with a way to the sink."""
        one = self.pattern
        self.copy(
            "accounts_guild",
            one.guild,
            GUILDS,
            {"slug": "'bench-' || g", "name": "'Bench ' || g"},
        )
        self.connection.execute(
            "CREATE TEMP TABLE people AS SELECT g.id AS guild_id, uuidv7() AS id,"
            " row_number() OVER (ORDER BY g.slug, m)::int - 1 AS n"
            " FROM accounts_guild g, generate_series(1, %s) m WHERE g.slug LIKE 'bench-%%'",
            [MEMBERS],
        )
        self.connection.execute("CREATE UNIQUE INDEX ON people (n)")
        count = GUILDS * MEMBERS
        person = {"id": "p.id", "guild_id": "p.guild_id"}
        self.copy("accounts_member", one.member, count, person | {"nickname": "'P' || g"})
        mine = {"guild_id": "p.guild_id", "member_id": "p.id"}
        self.copy("reminders_destination", one.destination, count, mine)
        # The pattern itself is nobody's to be told.
        self.connection.execute(
            "UPDATE reminders_destination SET switched_off_at = now() WHERE id = %s",
            [one.destination],
        )
        self.connection.execute("UPDATE reminders_reminder SET look_at = NULL, next_slot = ''")

    def copy(self, table: str, id: UUID, count: int, said: dict[str, str]) -> None:
        """So many copies of the row; `said` are expressions by column, of number g and person p."""
        rows = self.connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        ).fetchall()
        said = {"id": "uuidv7()"} | said
        columns = [name for (name,) in rows]
        people = (
            "JOIN people p ON p.n = g % (SELECT count(*)::int FROM people)"
            if any("p." in one for one in said.values())
            else ""
        )
        self.connection.execute(
            sql.SQL(
                "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} o"
                " CROSS JOIN generate_series(1, {count}) g {people} WHERE o.id = {id}"
            ).format(
                table=sql.Identifier(table),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                values=sql.SQL(", ").join(
                    sql.SQL(said[name]) if name in said else sql.Identifier("o", name)
                    for name in columns
                ),
                count=sql.Literal(count),
                people=sql.SQL(people),
                id=sql.Literal(id),
            )
        )

    def once(self, count: int, at: str, *, first: int = 0) -> None:
        """So many for one moment; `at` is an expression of g (from 1 on), in Unix seconds."""
        due = f"to_timestamp({at})"
        slot = f"to_char({due} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        said = {"once_at": due, "look_at": due, "next_slot": slot}
        self._reminders(self.pattern.once, count, said, first)

    def daily(self, count: int, at: str, *, first: int = 0) -> None:
        """So many for every day at the time of `at`, in UTC, since three days before."""
        due = f"date_trunc('second', to_timestamp({at}))"
        local = f"to_char({due} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        said = {
            "look_at": due,
            "time": f"({due} AT TIME ZONE 'UTC')::time",
            "starts_on": f"({due} AT TIME ZONE 'UTC')::date - 3",
            "next_slot": f"{local} || ' UTC'",
        }
        self._reminders(self.pattern.daily, count, said, first)

    def _reminders(self, pattern: UUID, count: int, said: dict[str, str], first: int) -> None:
        """One recipient each, all people in turn; the first one is called `No. first + 1`."""
        [(before,)] = self.connection.execute("SELECT uuidv7()").fetchall()
        said = said | {"guild_id": "p.guild_id", "message": f"'No. ' || (g + {first})"}
        with self.connection.transaction():
            # The keys that a copy of a copy holds are right by construction.
            self.connection.execute("SET LOCAL session_replication_role = replica")
            self.copy("reminders_reminder", pattern, count, said)
            self.connection.execute(
                "INSERT INTO reminders_reminderrecipient (id, guild_id, reminder_id, member_id)"
                " SELECT uuidv7(), r.guild_id, r.id, p.id FROM reminders_reminder r"
                " JOIN people p ON p.n = (substr(r.message, 5)::int - %s)"
                "     %% (SELECT count(*)::int FROM people)"
                " WHERE r.id > %s AND r.message LIKE 'No. %%'",
                [first, before],
            )

    def redirect(self, address: str) -> None:
        """All ways to the sink lead there from now on."""
        from accounts.secrets import encrypt
        from bench.delivery.way import CHANNEL

        self.connection.execute(
            "UPDATE reminders_destination SET secret = %s WHERE channel = %s",
            [encrypt(address), CHANNEL],
        )

    def looks(self, times: int = 200) -> list[float]:
        """Seconds that the planner's look for what is due takes, as the engine asks for it."""
        from time import perf_counter

        from reminders.engine.plan import plan

        found = []
        for _ in range(times):
            began = perf_counter()
            plan()
            found.append(perf_counter() - began)
        return found

    def clear(self) -> None:
        """No reminder is left but the patterns."""
        with self.connection.transaction():
            self.connection.execute(
                "TRUNCATE reminders_delivery, reminders_queued, reminders_notification CASCADE"
            )
            self.connection.execute("DELETE FROM reminders_reminder WHERE message LIKE 'No. %'")
        # No ANALYZE: no installation's PostgreSQL knows for sure that there is nothing.
        self.connection.execute("VACUUM reminders_reminder, reminders_reminderrecipient")

    def settle(self) -> None:
        """What was filled in is written and counted before anything is measured."""
        self.connection.execute("ANALYZE reminders_reminder, reminders_reminderrecipient")
        self.connection.execute("CHECKPOINT")

    def ask(self, question: str, *parameters: Any) -> Any:
        """The first column of the first row."""
        row = self.connection.execute(question, parameters).fetchone()
        return row[0] if row else None

    def states(self) -> dict[str, int]:
        """Deliveries by channel and state."""
        rows = self.connection.execute(
            "SELECT channel || ' ' || status, count(*) FROM reminders_delivery GROUP BY 1"
        )
        return dict(rows.fetchall())


def make_pattern(address: str) -> Pattern:
    """One household with one member, her way to the sink and a reminder of each kind."""
    from datetime import UTC, datetime, time, timedelta

    from django.utils import timezone

    from accounts.actions.guild import create_guild
    from accounts.guild.scope import guild_scope
    from accounts.models import User
    from accounts.secrets import encrypt
    from bench.delivery.way import CHANNEL
    from reminders import actions
    from reminders.engine.database import run
    from reminders.models import ReminderRecipient

    now = timezone.now()
    user = User.objects.create_user("bench@example.org", first_name="Bench")
    owner = create_guild(by=user, at=now, name="Pattern")
    with guild_scope(owner.guild_id, owner):
        said: dict[str, Any] = {"by": owner, "at": now, "recipients": [owner], "message": "Feed"}
        once = actions.remind(frequency="once", once_at=now + timedelta(days=3000), **said)
        daily = actions.remind(frequency="daily", time=time(3), time_zone="UTC", **said)
        link = ReminderRecipient.objects.filter(reminder=once).get()
    [(destination,)] = run(
        "INSERT INTO reminders_destination"
        " (id, guild_id, member_id, channel, name, follows_account, secret, switched_off_reason)"
        " VALUES (uuidv7(), %s, %s, %s, 'Sink', false, %s, '') RETURNING id",
        [owner.guild_id, owner.pk, CHANNEL, encrypt(address)],
    )
    [(member,)] = run(
        "INSERT INTO accounts_member (id, guild_id, role, nickname, colour, discord_roles, is_bot,"
        " joined_at) VALUES (uuidv7(), %s, 'member', 'P', 1, '[]', false, %s) RETURNING id",
        [owner.guild_id, datetime(2026, 1, 1, tzinfo=UTC)],
    )
    return Pattern(owner.guild_id, member, destination, once.pk, daily.pk, link.pk)
