"""How often one may ask, counted by the minute in Valkey in one round trip; open without it."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.web.api.problems import Problem
from config.web.valkey import ask, valkey

PER_PERSON, PER_ADDRESS = 1200, 60
WINDOW = 60
COUNT = (
    "local n = redis.call('INCR', KEYS[1]) "
    "if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n"
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of this minute."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def spend(who: str, limit: int) -> Budget | None:
    """The budget after this request; None when nobody counts.

    Raises Problem (429) when it is used up.
    """
    if not settings.RATE_LIMITS:
        return None
    window, passed = divmod(int(time.time()), WINDOW)
    count = _count(f"throttle:{who}:{window}")
    if count is None:
        return None
    budget = Budget(limit, max(limit - count, 0), WINDOW - passed)
    if count > limit:
        raise Problem(
            429,
            _("That were too many requests in one minute."),
            headers=budget.headers() | {"Retry-After": str(budget.reset)},
        )
    return budget


def spend_person(user_id: object) -> Budget | None:
    return spend(f"user:{user_id}", PER_PERSON)


def spend_address(request: HttpRequest) -> Budget | None:
    return spend(f"address:{client_network(request)}", PER_ADDRESS)


def client_network(request: HttpRequest) -> str:
    """The address that asks, or its /64: one household has 2^64 addresses of IPv6."""
    proxies: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    # What stands left of our own proxies' entries was written by the client.
    trusted = proxies and len(forwarded) >= proxies
    text = forwarded[-proxies].strip() if trusted else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


class ByPersonOrAddress(BaseThrottle):
    """The same budget for the views that are not ours (schema, reading room)."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.user.is_authenticated:
            spend_person(request.user.pk)
        else:
            spend_address(request._request)
        return True


def _count(key: str) -> int | None:
    """How often in this window, by one Lua call; None when Valkey does not say."""
    script = _script(valkey())
    return ask(lambda: cast("int", script(keys=[key], args=[WINDOW])), None, event="throttle.open")


@cache
def _script(client: redis.Redis) -> Any:
    return client.register_script(COUNT)
