"""What is over is forgotten, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.guild.scope import user_scope
from accounts.guild.testing import Cast, browser
from accounts.jobs import sweep
from accounts.models import Replay


def test_it_forgets_what_is_over(committed_cast: Cast) -> None:
    now, user = timezone.now(), committed_cast.alice.user
    assert user is not None
    browser(committed_cast.alice)
    Session.objects.update(expire_date=now - timedelta(seconds=1))
    browser(committed_cast.bob)
    with user_scope(user.pk):
        for key, hours in (("old", 25), ("new", 23)):
            Replay.objects.create(user=user, key=key, request_hash="", status=201, body=b"")
            Replay.objects.filter(key=key).update(created_at=now - timedelta(hours=hours))
    sweep()
    assert Session.objects.count() == 1
    with user_scope(user.pk):
        assert list(Replay.objects.values_list("key", flat=True)) == ["new"]
