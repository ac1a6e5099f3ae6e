"""Where a person is signed in, and the end of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import access
from accounts.models import User
from config.web.live import end_streams


def signed_in(user: User) -> list[UserSession]:
    """Her sessions that still work, the latest seen first; allauth's list asks for each anew."""
    rows = UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk")
    by_key = {row.session_key: row for row in rows}
    live = Session.objects.filter(pk__in=by_key, expire_date__gt=timezone.now())
    secret = user.get_session_auth_hash()
    # With another password since then, a session is nobody's.
    working = {
        one.pk
        for one in live
        if constant_time_compare(one.get_decoded().get(HASH_SESSION_KEY, ""), secret)
    }
    return [row for key, row in by_key.items() if key in working]


Ending = Callable[[User, Mapping[str, Any]], None]
_endings: list[Ending] = []


def when_signed_out(act: Ending) -> None:
    """Let this be done when a session of a user ends, with what it held; from ready()."""
    _endings.append(act)


def signing_out(user: User, held: Mapping[str, Any]) -> None:
    """Do what is to be done when this session ends."""
    for act in _endings:
        act(user, held)


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Signs these out, and ends what was heard with their tickets."""
        ended = list(sessions)
        held = {
            one.pk: one.get_decoded()
            for one in Session.objects.filter(pk__in=[one.session_key for one in ended])
        }
        for session in ended:
            signing_out(session.user, held.get(session.session_key, {}))
        super().end_sessions(ended)
        for user in {session.user for session in ended}:
            end_streams_of(user)


def end_streams_of(user: User) -> None:
    """Close what her pages hear, in every household; those still signed in ask for it again."""
    for member in access.memberships(user):
        end_streams(member.guild_id, member.pk)
