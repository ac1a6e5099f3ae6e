"""The control of `api.py`: what a list costs with nothing between psycopg and orjson.

Same authentication, same throttle-free scope, same rows and columns; no framework on top.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from accounts.api.authentication import BearerAuthentication
from accounts.guild.scope import guild_scope
from config.urls import urlpatterns as site

ROWS = """
SELECT t.id, t.title, t.description, t.status, t.completed, t.completed_at, t.completed_by_id,
       t.priority, t.due_on, t.due_time, t.time_zone, t.due_at,
       ARRAY(SELECT a.member_id FROM tasks_taskassignee a
             WHERE a.guild_id = t.guild_id AND a.task_id = t.id ORDER BY a.member_id) AS assignees,
       ARRAY(SELECT g.name FROM tasks_tasktag l JOIN tags_tag g ON g.id = l.tag_id
             WHERE l.guild_id = t.guild_id AND l.task_id = t.id ORDER BY g.name) AS tags,
       t.visibility, t.created_by_id, t.created_at, t.updated_at, t.deleted_at
FROM tasks_task t WHERE t.guild_id = %s AND t.deleted_at IS NULL
ORDER BY t.created_at DESC, t.id DESC LIMIT 101
"""


class Asked:
    """As much of a DRF request as the authentication reads."""

    def __init__(self, request: HttpRequest, guild: UUID) -> None:
        self._request, self.META, self.headers = request, request.META, request.headers
        self.parser_context: dict[str, Any] = {"kwargs": {"guild": guild}}


def plain(request: HttpRequest, guild: UUID) -> HttpResponse:
    found = BearerAuthentication().authenticate(Asked(request, guild))  # type: ignore[arg-type]
    if found is None or found[1].member is None:
        return JsonResponse({}, status=404)
    with guild_scope(guild, found[1].member), connection.cursor() as cursor:
        cursor.execute(ROWS, [guild])
        names = [column.name for column in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    body = orjson.dumps({"results": rows[:100], "next": None})
    return HttpResponse(body, content_type="application/json")


urlpatterns = [path("control/<uuid:guild>/", plain), path("", include(site))]
