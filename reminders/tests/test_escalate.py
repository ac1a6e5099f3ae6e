"""When nobody acts: somebody else is told, or by another way, and one of them acts for all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connections, transaction
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change, Member
from reminders.engine.database import SYSTEM, run
from reminders.engine.escalate import PICK
from reminders.models import Notification
from reminders.testing import deliver
from reminders.tests.rounds import (
    add_way,
    away,
    inbox_of,
    letters_of,
    refused,
    remind,
    rows,
)
from reminders.tests.test_engine_source import add_task
from reminders.tests.test_who import staff_client


def stage(after: int, to: Member | None = None, way: str | None = None) -> dict[str, Any]:
    return {"after_minutes": after, "to": to and str(to.pk), "destination": way}


def for_bob(cast: Cast, *stages: dict[str, Any], **said: Any) -> Any:
    return remind(cast.carol, recipients=[str(cast.bob.pk)], escalate=list(stages), **said)


def letter(member: Member) -> str:
    with guild_scope(member.guild_id, member):
        return str(Notification.objects.arrived().get().pk)


def test_after_so_long_somebody_else_is_told_who_did_not_act(committed_cast: Cast) -> None:
    cast = committed_cast
    row = for_bob(cast, stage(10, cast.alice), stage(30, cast.carol))
    assert row["escalate"] == [stage(10, cast.alice), stage(30, cast.carol)]

    deliver(seconds=5)
    deliver(minutes=9)
    assert inbox_of(cast.alice) == []
    deliver(minutes=11)
    assert inbox_of(cast.alice) == ["Bob has not acted on: Feed the cat"]
    assert inbox_of(cast.carol) == []
    deliver(minutes=32)
    deliver(minutes=400)

    assert inbox_of(cast.carol) == ["Bob has not acted on: Feed the cat"]
    assert [one.to[0] for one in mail.outbox] == [
        "bob@example.org",
        "alice@example.org",
        "carol@example.org",
    ]
    assert [one[0::2] for one in rows(row["id"], "channel", "cause") if one[1] == "inbox"] == [
        ("Bob", "first"),
        ("Alice", "escalate"),
        ("Carol", "escalate"),
    ]


@pytest.mark.parametrize("who", ["bob", "alice"])
def test_one_acts_for_all(committed_cast: Cast, who: str) -> None:
    cast = committed_cast
    for_bob(cast, stage(10, cast.alice), stage(30, cast.carol))
    deliver(seconds=5)
    deliver(minutes=11)
    actor, other = (cast.bob, cast.alice) if who == "bob" else (cast.alice, cast.bob)

    done = letter(actor)
    assert api(actor).post(f"inbox/{done}/done/").status_code == 200
    deliver(minutes=60)

    assert (inbox_of(actor), inbox_of(other), inbox_of(cast.carol)) == ([], [], [])
    said = f"{actor.nickname} has done it."
    assert said in browser(other).get("/g/home/inbox/?show=all").text

    # Taken back, it waits for both again, and the next stage comes.
    browser(actor).post(f"/g/home/inbox/{done}/reopen/")
    deliver(minutes=61)
    deliver(minutes=62)
    assert len(inbox_of(actor)) == len(inbox_of(other)) == len(inbox_of(cast.carol)) == 1


def test_who_acted_takes_it_back_under_another_name(committed_cast: Cast) -> None:
    cast = committed_cast
    for_bob(cast, stage(10, cast.alice))
    deliver(seconds=5)
    deliver(minutes=11)
    done = letter(cast.bob)
    assert api(cast.bob).post(f"inbox/{done}/done/").status_code == 200
    assert inbox_of(cast.alice) == []

    run("UPDATE accounts_member SET nickname = 'Robert' WHERE id = %s", [cast.bob.pk])
    with guild_scope(cast.bob.guild_id, cast.bob):
        robert = Member.objects.select_related("user", "guild").get(pk=cast.bob.pk)
    assert api(robert).post(f"inbox/{done}/reopen/").status_code == 200

    assert len(inbox_of(robert)) == len(inbox_of(cast.alice)) == 1


def test_who_acted_is_shown_by_todays_name(committed_cast: Cast) -> None:
    cast = committed_cast
    for_bob(cast, stage(10, cast.alice), stage(11, cast.carol))
    deliver(seconds=5)
    deliver(minutes=12)
    assert api(cast.bob).post(f"inbox/{letter(cast.bob)}/done/").status_code == 200
    # What is still to be sent is said to be closed by him.
    run(
        "UPDATE reminders_delivery SET status = 'skipped', sent_at = NULL, reason = n.closed_reason"
        " FROM reminders_notification n WHERE n.id = notification_id AND n.closed_reason <> ''"
    )

    def assert_said(text: str) -> None:
        for page in ("/g/home/inbox/?show=all", "/g/home/inbox/deliveries/"):
            assert text in browser(cast.alice).get(page).content.decode(), page
        assert text in api(cast.alice).get("deliveries/").content.decode()

    assert_said("Bob has done it.")
    run("UPDATE accounts_member SET nickname = 'Robert' WHERE id = %s", [cast.bob.pk])
    assert_said("Robert has done it.")
    [(pk,)] = run("SELECT id FROM reminders_delivery WHERE reason <> '' LIMIT 1")
    staff = staff_client().get(f"/admin/reminders/delivery/{pk}/change/")
    assert "Robert has done it." in staff.content.decode()
    run("UPDATE accounts_member SET nickname = '' WHERE id = %s", [cast.bob.pk])
    assert_said("Somebody has done it.")
    # As it was kept before.
    run("UPDATE reminders_notification SET closed_reason = 'acted:Bob' WHERE closed_reason <> ''")
    run("UPDATE reminders_delivery SET reason = 'acted:Bob' WHERE reason <> ''")
    assert_said("Bob has done it.")


def test_stages_that_ended_are_not_looked_through(committed_cast: Cast) -> None:
    cast = committed_cast
    row = for_bob(cast, stage(10, cast.alice))
    deliver(seconds=5)
    run(
        "INSERT INTO reminders_notification (id, guild_id, kind, reminder_id, slot, origin,"
        " recipient_id, title, body, url, due_at, arrived_at, closed_at, closed_reason, stage_at)"
        " SELECT uuidv7(), n.guild_id, 'reminder', n.reminder_id, 's' || i, '', n.recipient_id,"
        " '', '', '', n.due_at, n.due_at, now(), 'source:done', now() - interval '1 hour'"
        " FROM reminders_notification n, generate_series(1, 5000) i WHERE n.reminder_id = %s",
        [row["id"]],
    )
    with transaction.atomic(using=SYSTEM):
        run("ANALYZE reminders_notification")
        plan = run(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {PICK}", [500])[0][0]
    read = json.loads(plan) if isinstance(plan, str) else plan
    assert rows_read(read[0]["Plan"]) < 10


def rows_read(node: dict[str, Any]) -> int:
    """Of the plan: those that were looked at, also in vain."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(own) + sum(rows_read(one) for one in node.get("Plans", ()))


def test_two_that_act_at_once_do_not_wait_for_each_other(committed_cast: Cast) -> None:
    cast = committed_cast
    for _ in range(5):
        for_bob(cast, stage(10, cast.alice))
    deliver(seconds=5)
    deliver(minutes=11)
    rows_of = {one: [str(row.pk) for row in letters_of(one)] for one in (cast.bob, cast.alice)}
    clients = {one: api(one) for one in rows_of}
    both = Barrier(2)

    def act(member: Member, pk: str) -> int:
        try:
            both.wait(5)
            status: int = clients[member].post(f"inbox/{pk}/done/").status_code
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for first, second in zip(*rows_of.values(), strict=True):
            work = [pool.submit(act, cast.bob, first), pool.submit(act, cast.alice, second)]
            assert [one.result() for one in work] == [200, 200]

    assert (inbox_of(cast.bob), inbox_of(cast.alice)) == ([], [])


def test_who_acted_in_time_troubles_nobody(committed_cast: Cast) -> None:
    cast = committed_cast
    row = for_bob(cast, stage(10, cast.alice))
    deliver(seconds=5)

    api(cast.bob).post(f"inbox/{letter(cast.bob)}/done/")
    deliver(minutes=11)

    assert [one[0] for one in rows(row["id"], "status")] == ["Bob", "Bob"]


def test_not_me_brings_the_next_stage_at_once(committed_cast: Cast) -> None:
    cast = committed_cast
    for_bob(cast, stage(60, cast.alice))
    deliver(seconds=5)

    assert api(cast.bob).post(f"inbox/{letter(cast.bob)}/not-me/").status_code == 200
    deliver(seconds=10)

    assert inbox_of(cast.alice) == ["Bob passed it on: Feed the cat"]


def test_put_off_nobody_else_is_told_for_so_long(committed_cast: Cast) -> None:
    cast = committed_cast
    for_bob(cast, stage(10, cast.alice))
    deliver(seconds=5)
    api(cast.bob).post(f"inbox/{letter(cast.bob)}/snooze/", {"minutes": 60})

    deliver(minutes=61)
    assert (inbox_of(cast.bob), inbox_of(cast.alice)) == (["Feed the cat"], [])
    deliver(minutes=71)

    assert inbox_of(cast.alice) == ["Bob has not acted on: Feed the cat"]


def test_the_same_one_by_another_way(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    phone = add_way(carol, "Phone", by_default=False)
    row = remind(carol, escalate=[stage(10, None, phone)])
    deliver(seconds=5)
    deliver(minutes=11)

    assert [one.to[0] for one in mail.outbox] == ["carol@example.org", "phone@example.org"]
    assert rows(row["id"], "channel", "step", "cause")[-1] == ("Carol", "email", 1, "escalate")
    assert len(letters_of(carol)) == 1


def test_the_household_is_told_by_its_own_channel(committed_cast: Cast) -> None:
    cast = committed_cast
    family = add_way(None, "Family", guild=cast.home.pk)
    for_bob(cast, stage(10, None, family))
    deliver(seconds=5)
    deliver(minutes=11)

    assert [one.to[0] for one in mail.outbox] == ["bob@example.org", "family@example.org"]
    assert mail.outbox[1].subject == "Bob has not acted on: Feed the cat"


def test_who_is_away_is_passed_over_with_a_row(committed_cast: Cast) -> None:
    cast = committed_cast
    away(cast.alice)
    row = for_bob(cast, stage(10, cast.alice), stage(60, cast.carol))
    deliver(seconds=5)
    deliver(minutes=11)

    assert (inbox_of(cast.alice), len(inbox_of(cast.carol))) == ([], 1)
    assert ("Alice", "inbox", "skipped", "away") in rows(row["id"], "channel", "status", "reason")


def test_each_of_several_waits_for_herself(committed_cast: Cast) -> None:
    cast = committed_cast
    people = [str(cast.bob.pk), str(cast.carol.pk)]
    remind(cast.carol, recipients=people, escalate=[stage(10, cast.alice)])
    deliver(seconds=5)
    deliver(minutes=11)
    told = ["Bob has not acted on: Feed the cat", "Carol has not acted on: Feed the cat"]
    assert sorted(inbox_of(cast.alice)) == told

    api(cast.bob).post(f"inbox/{letter(cast.bob)}/done/")

    assert inbox_of(cast.alice) == told[1:]
    assert inbox_of(cast.carol) == ["Feed the cat"]


def test_with_its_task_done_nobody_is_told(committed_cast: Cast) -> None:
    cast = committed_cast
    task = add_task(cast.carol, hours=3)
    for_bob(cast, stage(10, cast.alice), source={"kind": "task", "id": task["id"]})
    deliver(seconds=5)

    api(cast.carol).post(f"tasks/{task['id']}/complete/")
    deliver(minutes=11)

    assert (inbox_of(cast.bob), inbox_of(cast.alice)) == ([], [])


@pytest.mark.parametrize("change", ["pause", "delete", "without"])
def test_a_change_of_the_reminder_ends_it(committed_cast: Cast, change: str) -> None:
    cast = committed_cast
    row = for_bob(cast, stage(10, cast.alice))
    deliver(seconds=5)
    client, path = api(cast.carol), f"reminders/{row['id']}/"

    match change:
        case "pause":
            client.post(f"{path}pause/")
        case "delete":
            client.delete(path)
        case "without":
            assert client.patch(path, {"escalate": []}).json()["escalate"] == []
    deliver(minutes=11)

    assert inbox_of(cast.alice) == []


def test_what_only_its_maker_sees_is_told_to_nobody_else(committed_cast: Cast) -> None:
    cast = committed_cast
    mine = {"recipients": [str(cast.bob.pk)], "visibility": "private"}
    assert refused(cast.carol, escalate=[stage(10, cast.alice)], **mine) == [
        ("/escalate", "private")
    ]
    family = add_way(None, "Family", guild=cast.home.pk)
    assert refused(cast.carol, escalate=[stage(10, None, family)], **mine) == [
        ("/escalate", "private")
    ]
    row = for_bob(cast, stage(10, cast.alice))
    response = api(cast.carol).patch(f"reminders/{row['id']}/", {"visibility": "private"})
    assert response.json()["errors"][0]["pointer"] == "/escalate"

    # Its maker may hear that who was to act did not.
    remind(cast.carol, escalate=[stage(10, cast.carol)], **mine)
    deliver(seconds=5)
    deliver(minutes=11)
    assert inbox_of(cast.carol) == ["Bob has not acted on: Feed the cat"]


def test_what_cannot_be_is_named(cast: Cast) -> None:
    carol, bob = cast.carol, cast.bob
    others, mine = add_way(cast.alice, "Alices"), add_way(carol, "Mine")
    off = add_way(carol, "Off", switched_off_at=timezone.now())
    hers = {"recipients": [str(carol.pk)]}
    his = {"recipients": [str(bob.pk)]}

    def why(*stages: Any, **said: Any) -> list[tuple[str, str]]:
        return refused(carol, escalate=list(stages), **said)

    assert why(*[stage(n + 1, bob) for n in range(6)]) == [("/escalate", "max_length")]
    assert why(stage(0, bob)) == [("/escalate/0/after_minutes", "min_value")]
    assert why(stage(10**9, bob)) == [("/escalate/0/after_minutes", "max_value")]
    assert why(stage(20, bob), stage(10, cast.alice)) == [("/escalate", "order")]
    assert why({"after_minutes": 5}) == [("/escalate", "required")]
    assert why(stage(5, carol), **hers) == [("/escalate", "no_other_way")]
    assert why(stage(5, cast.charlie)) == [("/escalate/0/to", "unknown")]
    assert why(stage(5, None, others)) == [("/escalate", "unknown")]
    assert why(stage(5, None, off), **hers) == [("/escalate", "switched_off")]
    assert why(stage(5, bob, mine)) == [("/escalate", "not_hers")]
    assert why(stage(5, None, mine), **his) == [("/escalate", "not_hers")]
    assert why("soon") == [("/escalate/0", "invalid")]


def test_history_keeps_the_stages_and_brings_them_back(cast: Cast) -> None:
    carol = cast.carol
    row = remind(carol, escalate=[stage(10, cast.alice)], nag={"every_minutes": 5, "times": 2})
    client = api(carol)
    client.patch(f"reminders/{row['id']}/", {"escalate": [], "nag": None, "urgent": True})
    with guild_scope(carol.guild_id, carol):
        change = Change.objects.filter(entity_id=row["id"]).latest("created_at")
    assert change.before["escalate"] == [stage(10, cast.alice)]
    page = browser(carol).get(f"/g/home/history/?entity={row['id']}").content.decode()
    assert "Alice" in page

    assert client.post(f"changes/{change.pk}/revert/").status_code == 200
    found = client.get(f"reminders/{row['id']}/").json()
    assert (found["escalate"], found["nag"], found["urgent"]) == (
        row["escalate"],
        row["nag"],
        False,
    )
