"""What Guildhall changes about signing in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts import access

INVITATION = "invitation"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody, or with SIGNUP=invite whoever holds an open invitation."""
        if settings.SIGNUP == "open":
            return True
        code = request.session.get(INVITATION) if hasattr(request, "session") else None
        return bool(code and access.invitation(code))

    def generate_unique_username(self, txts: list[str], regex: str | None = None) -> str:
        """A free username of 3 to 50 characters, from what the person told of herself."""
        padded = [f"{text}-home" if len(text.split("@")[0]) < 3 else text for text in txts]
        name: str = super().generate_unique_username(padded, regex)
        return name[:50]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: the limit on tries is kept by allauth's own rate limits."""
