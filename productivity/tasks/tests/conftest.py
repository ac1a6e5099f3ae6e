from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast
from accounts.models import Member
from productivity.tasks import actions
from productivity.tasks.models import Task


@pytest.fixture
def task(cast: Cast) -> Task:
    """Carol's household task."""
    return make_task(cast.carol, title="Water the tomatoes")


@pytest.fixture
def secret(cast: Cast) -> Task:
    """Carol's private task."""
    return make_task(cast.carol, title="Buy Bob a present", visibility="private")


def make_task(by: Member, **said: Any) -> Task:
    with guild_scope(by.guild_id, by):
        return actions.add_task(by=by, at=timezone.now(), **({"title": "Something"} | said))


def stored(task: Task, by: Member) -> Task:
    with guild_scope(by.guild_id, by):
        row: Task = Task.objects.with_people().get(pk=task.pk)
    return row


def page(name: str, cast: Cast, task: Task | None = None) -> str:
    kwargs = {"slug": cast.home.slug} | ({"pk": task.pk} if task else {})
    return reverse(f"tasks:{name}", kwargs=kwargs)
