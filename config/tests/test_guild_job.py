"""A job enters its household by itself, with its member's eyes, and asks again who is there."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone, translation

from accounts import history
from accounts.guild.jobs import Work, guild_job
from accounts.guild.scope import NOWHERE, current_scope, guild_scope
from accounts.guild.testing import Cast
from accounts.models import Change, Guild, Member, User
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import make_task

done: list[Any] = []


@guild_job
def count_tasks(work: Work, word: str) -> None:
    history.record("counted", work.guild, by=work.member, title=word)
    if word == "break":
        raise ValueError(word)
    titles = sorted(Task.objects.values_list("title", flat=True))
    done.append((titles, current_scope().member_id, translation.get_language()))


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def run(guild: UUID, **kwargs: Any) -> None:
    # The same as a worker does with the message, but here.
    count_tasks.apply(args=(str(guild), "x"), kwargs=kwargs, throw=True)


def test_it_sees_what_its_member_sees(cast: Cast) -> None:
    make_task(cast.carol, title="Mine", visibility="private")
    make_task(cast.carol, title="Ours")
    User.objects.filter(email="carol@example.org").update(locale="de")
    run(cast.home.pk, member=str(cast.carol.pk))
    run(cast.home.pk)
    run(cast.elsewhere.pk)
    assert done == [
        (["Mine", "Ours"], cast.carol.pk, "de"),
        (["Ours"], None, "en"),
        ([], None, "en"),
    ]
    assert current_scope() == NOWHERE


def test_what_it_does_is_in_the_history(cast: Cast) -> None:
    run(cast.home.pk, member=str(cast.carol.pk))
    with guild_scope(cast.home.pk):
        change = Change.objects.get(verb="counted")
    assert (change.actor_id, change.source, change.title) == (cast.carol.pk, "system", "x")


@pytest.mark.parametrize("why", ["left", "closed", "off", "stranger", "unknown"])
def test_it_does_nothing_for_whom_nobody_is_there(cast: Cast, why: str) -> None:
    guild, member = cast.home.pk, cast.carol.pk
    with guild_scope(guild):
        match why:
            case "left":
                Member.objects.filter(pk=member).update(left_at=timezone.now())
            case "closed":
                Guild.objects.filter(pk=guild).update(deleted_at=timezone.now())
            case "off":
                Guild.objects.filter(pk=guild).update(is_active=False)
            case "stranger":
                member = cast.charlie.pk
            case "unknown":
                guild = uuid4()
    run(guild, member=str(member))
    assert done == []


def test_what_it_did_is_undone_when_it_breaks(cast: Cast) -> None:
    with pytest.raises(ValueError, match="break"):
        count_tasks.apply(args=(str(cast.home.pk), "break"), throw=True)
    with guild_scope(cast.home.pk):
        assert not Change.objects.filter(verb="counted").exists()
