"""The first answer again for who repeats a POST with the same Idempotency-Key within a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts import secrets
from accounts.guild.ids import uuid7
from accounts.models import Replay, User
from config.web.api.problems import Problem

KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
KEPT = ("Content-Type", "ETag", "Location")
LIFE = timedelta(hours=24)
# Whoever comes second with a key waits here until the first has committed or failed.
CLAIM = """
INSERT INTO accounts_replay (id, user_id, key, request_hash, status, headers, body)
VALUES (%s, %s, %s, %s, 0, '{}', '')
ON CONFLICT (user_id, key) DO UPDATE
SET request_hash = excluded.request_hash, status = 0, created_at = now()
WHERE accounts_replay.created_at < now() - interval '24 hours'
RETURNING id
"""


def replayed(request: Request, user: User, handle: Callable[[], HttpResponse]) -> HttpResponse:
    """What `handle` answers, or answered the first time; runs in the transaction of the write.

    Raises Problem: 400 for a key that is none, 409 for a key that was used for another request.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return handle()
    if not KEY.fullmatch(key):
        raise Problem(
            400,
            _("A key is 1 to 200 visible ASCII characters."),
            code="invalid",
            pointer="/Idempotency-Key",
        )
    digest = _digest(request)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [uuid7(), user.pk, key, digest])
        claimed = cursor.fetchone()
    if claimed is None:
        return _again(Replay.objects.get(user=user, key=key), digest)
    response = handle()
    _keep(claimed[0], response)
    return response


def is_answered(request: Request, user: User) -> bool:
    """Whether a request with this key was answered before; what it does is not to be done again."""
    key = request.headers.get("Idempotency-Key")
    day = timezone.now() - LIFE
    return (
        key is not None and Replay.objects.filter(user=user, key=key, created_at__gt=day).exists()
    )


def _digest(request: Request) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return sha256(head + request.body).hexdigest()


def _keep(pk: UUID, response: HttpResponse) -> None:
    # Encrypted, since an answer may hold a secret that is shown only once.
    Replay.objects.filter(pk=pk).update(
        status=response.status_code,
        headers={name: response.headers[name] for name in KEPT if name in response.headers},
        body=secrets.encrypt(response.content.decode()).encode(),
    )


def _again(stored: Replay, digest: str) -> HttpResponse:
    if stored.request_hash != digest:
        raise Problem(
            409,
            _("This key was used for another request."),
            code="key_reused",
            pointer="/Idempotency-Key",
        )
    body = secrets.decrypt(bytes(stored.body).decode())
    headers = {**stored.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(body, status=stored.status, headers=headers)
