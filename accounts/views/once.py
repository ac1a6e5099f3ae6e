"""A secret that a page shows once: kept from the act that made it to the page that follows.

So that reloading that page makes no second one.
"""

from __future__ import annotations

from accounts.guild.views import UserRequest
from accounts.secrets import decrypt, encrypt


def keep(request: UserRequest, name: str, secret: str) -> None:
    """Keep the secret for the next page that takes it, unreadable where sessions are kept."""
    request.session[name] = encrypt(secret)


def take(request: UserRequest, name: str) -> str:
    """The secret, which nobody gets again; '' when there is none or no whole page is asked for."""
    kept = "" if request.htmx else request.session.pop(name, "")
    return decrypt(kept) if kept else ""
