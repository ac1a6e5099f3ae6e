"""The kept SQL of a page is the SQL that Django would have compiled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, F, Q, QuerySet
from django.db.models.sql import Query

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast
from config.web.api import compiled, rows
from productivity.tasks.models import Task, TaskAssignee

SOON = datetime(2030, 1, 1, tzinfo=UTC)
LATER = datetime(2031, 1, 1, tzinfo=UTC)
Narrow = Callable[[QuerySet[Task], datetime], QuerySet[Task]]


def query(queryset: QuerySet[Task]) -> Query:
    made = queryset.query.chain()
    made.set_limits(0, 101)
    made.default_cols = False
    made.annotations["_"] = rows._MARK
    made.set_annotation_mask(["_"])
    return made


@pytest.mark.parametrize(
    ("kept", "narrow"),
    [
        (True, lambda tasks, at: tasks.filter(due_at=at)),
        (
            True,
            lambda tasks, at: tasks.filter(due_at__gt=at, status="done").order_by("due_at", "id"),
        ),
        (True, lambda tasks, at: tasks.filter(Q(due_at__lt=at) | Q(due_at=None, status="done"))),
        (True, lambda tasks, at: tasks.exclude(status="done").filter(due_at__gte=at)),
        (False, lambda tasks, at: tasks.filter(completed=at == SOON)),
        (False, lambda tasks, at: tasks.filter(status__in=["done", str(at)])),
        (False, lambda tasks, at: tasks.filter(title__icontains=str(at))),
        (False, lambda tasks, at: tasks.filter(due_at__lt=F("created_at"), updated_at__gt=at)),
        (False, lambda tasks, at: tasks.filter(assigned__created_at=at)),
        (False, lambda tasks, at: tasks.filter(Exists(TaskAssignee.objects.filter(created_at=at)))),
        (False, lambda tasks, at: tasks.filter(due_at__year=at.year)),
    ],
)
def test_the_second_query_of_a_form_is_compiled_right(
    cast: Cast, *, kept: bool, narrow: Narrow
) -> None:
    compiled._known.clear()
    with guild_scope(cast.home.pk, cast.carol):
        for at in (SOON, LATER):
            asked: Any = query(narrow(Task.objects.live(), at))
            sql, params = asked.get_compiler(connection=connection).as_sql()
            assert compiled.compiled(asked, connection) == (sql, tuple(params))
    assert bool(compiled._known) is kept


def test_other_limits_and_orders_are_other_forms(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.carol):
        first, second, third = (query(Task.objects.order_by(name)) for name in ("id", "-id", "id"))
        third.set_limits(0, 7)
        statements = {compiled.compiled(one, connection)[0] for one in (first, second, third)}
    assert len(statements) == 3
