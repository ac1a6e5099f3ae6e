"""What PostgreSQL itself shows a member of tables that no filter of ours stands before."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api
from accounts.models import Member
from reminders.models import Destination
from reminders.testing import deliver, make_reminder


def seen(table: str, by: Member) -> int:
    """How many rows of the whole table this member's scope sees."""
    with guild_scope(by.guild_id, by), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  # names of ours
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("table", ["tasks_tasktag", "tasks_taskassignee"])
def test_links_are_seen_like_the_row_they_hang_on(cast: Cast, table: str) -> None:
    private = {"visibility": "private", "assignees": [str(cast.carol.pk)]}
    body = {"title": "A surprise", "tags": ["party"], **private}
    assert api(cast.carol).post("tasks/", body).status_code == 201
    assert [seen(table, by) for by in (cast.carol, cast.alice, cast.charlie)] == [1, 0, 0]


def test_recipients_are_seen_like_the_reminder_that_names_them(cast: Cast) -> None:
    make_reminder(cast.carol, visibility="private", recipients=[cast.carol])
    table = "reminders_reminderrecipient"
    assert [seen(table, by) for by in (cast.carol, cast.alice, cast.charlie)] == [1, 0, 0]


@pytest.mark.parametrize("table", ["reminders_notification", "reminders_delivery"])
def test_what_came_to_a_member_is_hers(committed_cast: Cast, table: str) -> None:
    home = committed_cast
    make_reminder(home.carol, recipients=[home.carol])
    deliver(minutes=2)
    assert seen(table, home.carol) > 0
    assert [seen(table, by) for by in (home.alice, home.charlie)] == [0, 0]


def test_a_way_out_is_its_members_and_the_households_is_everybodys(cast: Cast) -> None:
    with guild_scope(cast.carol.guild_id, cast.carol):
        for member in (cast.carol, None):
            Destination.objects.create(member=member, channel="webhook", secret="https://x.test")
    seen_by = [seen("reminders_destination", by) for by in (cast.carol, cast.alice, cast.charlie)]
    assert seen_by == [2, 1, 0]


def test_keys_are_their_persons_in_whatever_household(cast: Cast) -> None:
    api(cast.carol)
    assert seen("accounts_accesstoken", cast.carol) == 1
    assert seen("accounts_accesstoken", cast.alice) == 0
