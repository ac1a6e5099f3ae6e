"""One POST to an address that somebody typed: to public places only, within its time, without
following a redirect, and without reading what is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from config.web.outbound import public_only
from reminders.channels.answers import failure_of
from reminders.channels.base import PermanentFailure

if TYPE_CHECKING:
    import httpx2


class Answered(NamedTuple):
    status: int
    headers: Mapping[str, str]


def post(address: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answered:
    """The status that came back, whatever it is; raises a failure where none did."""
    import httpx2

    client = _client()
    with public_only(seconds) as trip:
        try:
            with client.stream("POST", address, content=body, headers=headers) as answer:
                status, said = answer.status_code, answer.headers
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:
            raise PermanentFailure("unusable_address") from error
        except (httpx2.HTTPError, OSError) as error:
            raise failure_of(trip, error) from error
    if 300 <= status < 400:
        raise PermanentFailure("redirected")
    return Answered(status, said)


@cache
def _client() -> httpx2.Client:
    """One for this process: reading the certificates costs more than a message. No connection is
    kept, so that each message is judged by where it really goes.
    """
    import httpx2

    return httpx2.Client(
        timeout=httpx2.Timeout(5.0),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        follow_redirects=False,
        # No proxies of the environment: they would hide where a message goes.
        trust_env=False,
    )
