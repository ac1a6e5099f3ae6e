"""What members can do to reminders. Pages, the API, chat and jobs all come through here."""

from __future__ import annotations

from uuid import UUID


def close_source(kind: str, id: UUID, reason: str) -> None: ...


def move_source(kind: str, id: UUID) -> None: ...
