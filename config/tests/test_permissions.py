"""Who may do what: the table of the product, cell by cell, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.guild.scope import guild_scope
from accounts.guild.testing import ApiClient, Cast, add_member, api, make_person
from accounts.models import Change, Member, Role
from productivity.tasks import actions as tasks
from productivity.tasks.tests.conftest import make_task
from reminders.testing import make_reminder

LATER = "2199-06-01T07:30:00Z"
WAY = {"channel": "webhook", "address": "https://192.0.0.9/x"}
AWAY = {"from_on": "2126-07-01", "until_on": "2126-07-14"}
Act = Callable[[ApiClient, Cast, Member], Any]


def reminder_for(people: list[Member], **more: Any) -> dict[str, Any]:
    to = [str(member.pk) for member in people]
    return {"message": "Bins", "frequency": "once", "at": LATER, "recipients": to} | more


def others_trash(client: ApiClient, cast: Cast, _me: Member) -> Any:
    task = make_task(cast.alice)
    with guild_scope(cast.home.pk, cast.alice):
        tasks.delete_task(task, by=cast.alice, at=task.created_at)
    return client.post(f"tasks/{task.pk}/restore/")


def own_trash(client: ApiClient, cast: Cast, me: Member) -> Any:
    task = make_task(cast.alice)
    with guild_scope(cast.home.pk, me):
        # As deleted by this person, whatever her role is by now.
        type(task).objects.filter(pk=task.pk).update(deleted_at=task.created_at, deleted_by=me)
    return client.post(f"tasks/{task.pk}/restore/")


def others_change(client: ApiClient, cast: Cast, _me: Member) -> Any:
    task = make_task(cast.alice)
    with guild_scope(cast.home.pk, cast.alice):
        tasks.edit_task(task, by=cast.alice, at=task.created_at, title="Other")
        change = Change.objects.get(verb="edited", entity_id=task.pk)
    return client.post(f"changes/{change.pk}/revert/")


def somebody(cast: Cast, role: Role, name: str = "Nina") -> Member:
    return add_member(cast.home, make_person(name), role)


TABLE: dict[str, tuple[Role, Act]] = {
    "read household rows": (
        Role.VIEWER,
        lambda client, cast, _me: client.get(f"tasks/{make_task(cast.carol).pk}/"),
    ),
    "own inbox": (Role.VIEWER, lambda client, _cast, _me: client.get("inbox/")),
    "own keys": (
        Role.VIEWER,
        lambda client, _cast, _me: client.post(
            "/api/v1/me/tokens/", {"name": "x", "scopes": ["read"]}
        ),
    ),
    "a private row of one's own": (
        Role.VIEWER,
        lambda client, _cast, me: client.post(
            "reminders/", reminder_for([me], visibility="private")
        ),
    ),
    "own name": (
        Role.VIEWER,
        lambda client, _cast, me: client.patch(f"members/{me.pk}/", {"nickname": "Me"}),
    ),
    "own absences": (
        Role.VIEWER,
        lambda client, _cast, _me: client.post("absences/", AWAY),
    ),
    "own ways out": (
        Role.VIEWER,
        lambda client, _cast, _me: client.post("destinations/", WAY),
    ),
    "read ways out": (Role.VIEWER, lambda client, _cast, _me: client.get("destinations/")),
    "read absences": (Role.VIEWER, lambda client, _cast, _me: client.get("absences/")),
    "write household rows": (
        Role.MEMBER,
        lambda client, _cast, _me: client.post("tasks/", {"title": "Bins"}),
    ),
    "change what others made": (
        Role.MEMBER,
        lambda client, cast, _me: client.patch(
            f"tasks/{make_task(cast.alice).pk}/", {"title": "Bins"}
        ),
    ),
    "reminders for others": (
        Role.MEMBER,
        lambda client, cast, _me: client.post("reminders/", reminder_for([cast.carol])),
    ),
    "change others' reminders": (
        Role.MEMBER,
        lambda client, cast, _me: client.post(f"reminders/{make_reminder(cast.alice).pk}/pause/"),
    ),
    "complete anything": (
        Role.MEMBER,
        lambda client, cast, _me: client.post(f"tasks/{make_task(cast.alice).pk}/complete/"),
    ),
    "restore own trash": (Role.MEMBER, own_trash),
    "others' names": (
        Role.ADMIN,
        lambda client, cast, _me: client.patch(
            f"members/{somebody(cast, Role.MEMBER).pk}/", {"nickname": "They"}
        ),
    ),
    "roles below admin": (
        Role.ADMIN,
        lambda client, cast, _me: client.patch(
            f"members/{somebody(cast, Role.MEMBER).pk}/", {"role": "viewer"}
        ),
    ),
    "the household's ways out": (
        Role.ADMIN,
        lambda client, _cast, _me: client.post("destinations/", WAY | {"shared": True}),
    ),
    "others' absences": (
        Role.ADMIN,
        lambda client, cast, _me: client.post(
            "absences/", AWAY | {"member": str(somebody(cast, Role.MEMBER).pk)}
        ),
    ),
    "see invitations": (Role.ADMIN, lambda client, _cast, _me: client.get("invites/")),
    "invite": (Role.ADMIN, lambda client, _cast, _me: client.post("invites/", {})),
    "household settings": (
        Role.ADMIN,
        lambda client, _cast, _me: client.patch("", {"name": "Larkspur House"}),
    ),
    "others' trash": (Role.ADMIN, others_trash),
    "take back what others did": (Role.ADMIN, others_change),
    "make an admin": (
        Role.OWNER,
        lambda client, cast, _me: client.patch(
            f"members/{somebody(cast, Role.MEMBER).pk}/", {"role": "admin"}
        ),
    ),
    "unmake an admin": (
        Role.OWNER,
        lambda client, cast, _me: client.patch(
            f"members/{somebody(cast, Role.ADMIN).pk}/", {"role": "member"}
        ),
    ),
    "hand over": (
        Role.OWNER,
        lambda client, cast, _me: client.post(
            "transfer/", {"member": str(somebody(cast, Role.MEMBER).pk)}
        ),
    ),
    "close the household": (Role.OWNER, lambda client, _cast, _me: client.delete("")),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("what", list(TABLE))
def test_a_role_may_do_what_the_table_says(cast: Cast, what: str, role: Role) -> None:
    least, act = TABLE[what]
    me = cast.alice if role == Role.OWNER else somebody(cast, role, "Me")
    answer = act(api(me), cast, me)
    if role.rank >= least.rank:
        assert answer.status_code in {200, 201, 204}, answer.content
    else:
        assert answer.status_code == 403, answer.content


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_addresses_are_not_for_viewers_and_members(cast: Cast, role: Role) -> None:
    client = api(somebody(cast, role))
    assert b"@example.org" not in client.get("members/").content
    assert b"@example.org" in api(cast.alice).get("members/").content
