"""The cast of every test: Alice owns the home, Bob views, Carol is a member, Charlie a stranger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions.guild import create_guild
from accounts.actions.token import create_token
from accounts.guild.scope import guild_scope, user_scope
from accounts.models import Guild, Member, Role, User

MOVED_IN = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Cast:
    home: Guild
    elsewhere: Guild
    alice: Member
    bob: Member
    carol: Member
    charlie: Member


def make_person(name: str) -> User:
    """A user who can be logged in; she has no password, which would cost each test a hash."""
    return User.objects.create_user(f"{name.lower()}@example.org", first_name=name)


def make_cast() -> Cast:
    alice = create_guild(by=make_person("Alice"), at=MOVED_IN, name="Home")
    charlie = create_guild(by=make_person("Charlie"), at=MOVED_IN, name="Elsewhere")
    bob = add_member(alice.guild, make_person("Bob"), Role.VIEWER, 2)
    carol = add_member(alice.guild, make_person("Carol"), Role.MEMBER, 3)
    return Cast(alice.guild, charlie.guild, alice, bob, carol, charlie)


def add_member(guild: Guild, user: User, role: Role, colour: int = 1) -> Member:
    with guild_scope(guild.pk):
        member = Member.objects.create(
            guild=guild,
            user=user,
            role=role,
            nickname=user.first_name,
            colour=colour,
            joined_at=MOVED_IN,
        )
        Guild.objects.filter(pk=guild.pk).update(
            member_count=Member.objects.filter(left_at=None).count()
        )
    return member


def asked(act: Callable[[], Any]) -> list[str]:
    """The queries of an act; savepoints and the settings of scopes are none, nor is the note of who
    was here, which comes with whatever request is the first of its minute.
    """
    with CaptureQueriesContext(connection) as queries:
        act()
    said = [one["sql"] for one in queries]
    others = ("SELECT set_config(", "SELECT guildhall_seen(")
    return [
        sql
        for sql in said
        if not sql.startswith(("SAVEPOINT", "RELEASE")) and not any(one in sql for one in others)
    ]


def browser(member: Member | None) -> Client:
    """A browser in which this member (or nobody) is signed in."""
    client = Client()
    if member:
        assert member.user is not None
        client.force_login(member.user)
    return client


def submit(client: Client, path: str, said: dict[str, Any], **extra: Any) -> Any:
    """Open the page and post its form, which says in `version` how its row was then."""
    version = client.get(path).context["version"]
    return client.post(path, {"version": version} | said, **extra)


class ApiClient:
    """Speaks JSON to the API with a token; `tasks/` is the guild's, `/api/…` as it stands."""

    def __init__(self, token: str | None, guild: Guild | None = None) -> None:
        self.token, self.guild, self.client = token, guild, Client()

    def url(self, path: str) -> str:
        if path.startswith("/"):
            return path
        return f"/api/v1/guilds/{self.guild.pk}/{path}" if self.guild else f"/api/v1/{path}"

    def generic(self, method: str, path: str, *args: Any, **extra: Any) -> Any:
        """Any method with any body."""
        own = {"authorization": f"Bearer {self.token}"} if self.token else {}
        extra["headers"] = own | (extra.get("headers") or {})
        return self.client.generic(method, self.url(path), *args, **extra)

    def get(self, path: str, **extra: Any) -> Any:
        return self.generic("GET", path, **extra)

    def delete(self, path: str, **extra: Any) -> Any:
        return self.generic("DELETE", path, **extra)

    def post(self, path: str, data: Any = None, **extra: Any) -> Any:
        return self._send("POST", path, data, extra)

    def put(self, path: str, data: Any = None, **extra: Any) -> Any:
        return self._send("PUT", path, data, extra)

    def patch(self, path: str, data: Any = None, **extra: Any) -> Any:
        return self._send("PATCH", path, data, extra)

    def _send(self, method: str, path: str, data: Any, extra: dict[str, Any]) -> Any:
        body = data if isinstance(data, str | bytes) else json.dumps({} if data is None else data)
        extra.setdefault("content_type", "application/json")
        return self.generic(method, path, body, **extra)


def api(member: Member | None, guild: Guild | None = None, *scopes: str) -> ApiClient:
    """The API as this member (or nobody) sees it, in her own guild unless another one is named."""
    token = None
    if member:
        assert member.user is not None
        with user_scope(member.user.pk):
            _row, token = create_token(by=member.user, name="test", scopes=scopes or ["admin"])
    return ApiClient(token, guild or (member.guild if member else None))
