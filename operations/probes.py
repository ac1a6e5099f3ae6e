"""Asks the running site how it is."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any

from operations.process import mark

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  Names, not a bind.


class Site:
    """The web process at the place where this machine reaches it."""

    def __init__(self, host: str, port: int, environment: Mapping[str, str]) -> None:
        self._host = ANY_ADDRESS.get(host, host)
        self._port = port
        # The site refuses names it does not go by, and 127.0.0.1 need not be among them.
        known = [name.strip() for name in environment.get("ALLOWED_HOSTS", "").split(",")]
        self._name = next((name for name in known if name and "*" not in name), "127.0.0.1").lstrip(
            "."
        )

    def is_alive(self) -> bool:
        return self._get("/healthz")[0] == http.client.OK

    def is_ready(self) -> bool:
        return self._get("/readyz")[0] == http.client.OK

    def heard_of(self, process: str, instance: str) -> bool:
        """Whether that very run of the worker or of beat has given a sign of life."""
        try:
            components = json.loads(self._get("/readyz")[1])["components"]
            return mark(instance) in components[process]["instances"]
        except (ValueError, KeyError, TypeError):
            return False

    def _get(self, path: str) -> tuple[int, bytes]:
        """Status and body; status 0 when there is no answer."""
        line = http.client.HTTPConnection(self._host, self._port, timeout=2)
        try:
            line.request("GET", path, headers=self._headers())
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            line.close()

    def _headers(self) -> dict[str, Any]:
        return {"Host": self._name, "X-Forwarded-Proto": "https", "User-Agent": "guildhall-up"}
