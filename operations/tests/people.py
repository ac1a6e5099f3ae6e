"""People who speak to the API of a running site, over the wire."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any, NamedTuple

PASSWORD = "a kettle sings at seven"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    raw: bytes
    cookies: list[str]

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """What the site answers; `body` is sent as JSON unless it is bytes already."""
    raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if raw is not None:
        names.setdefault("Content-Type", "application/json")
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.request(method, path, raw, names)
        answer = line.getresponse()
        given = {name.lower(): value for name, value in answer.getheaders()}
        cookies = answer.msg.get_all("Set-Cookie") or []
        return Answer(answer.status, given, answer.read(), cookies)


class Person:
    """Somebody with an account; `tasks/` is in her household, `/api/…` as it stands."""

    def __init__(self, port: int, name: str, surname: str = "") -> None:
        self.port, self.name = port, name
        self.email = f"{name}{surname}@example.org".lower()
        self.token = ""
        self.guild: dict[str, Any] = {}

    def sign_up(self) -> Person:
        """Make the account; a key replaces the token, which is over after five minutes."""
        said = {"email": self.email, "password": PASSWORD, "first_name": self.name}
        self.token = self._sign_in("signup", said)
        return self

    def sign_in(self) -> Person:
        self.token = self._sign_in("login", {"email": self.email, "password": PASSWORD})
        return self

    def _sign_in(self, how: str, said: dict[str, str]) -> str:
        answer = call(self.port, "POST", f"/_allauth/app/v1/auth/{how}", said)
        assert answer.status == 200, answer.raw
        self.token = answer.body["meta"]["access_token"]
        key = self.post("/api/v1/me/tokens/", {"name": "kitchen", "scopes": ["admin"]})
        return str(key["token"])

    def url(self, path: str) -> str:
        return path if path.startswith("/") else f"/api/v1/guilds/{self.guild['id']}/{path}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return call(
            self.port,
            method,
            self.url(path),
            body,
            **({"Authorization": f"Bearer {self.token}"} | headers),
        )

    def get(self, path: str) -> Any:
        return self._done(self.call("GET", path))

    def post(self, path: str, body: Any = None) -> Any:
        return self._done(self.call("POST", path, {} if body is None else body))

    def patch(self, path: str, body: Any) -> Any:
        return self._done(self.call("PATCH", path, body))

    def delete(self, path: str) -> None:
        self._done(self.call("DELETE", path))

    @staticmethod
    def _done(answer: Answer) -> Any:
        assert 200 <= answer.status < 300, answer.raw
        return answer.body

    def found(self, name: str, time_zone: str = "Europe/Berlin") -> Person:
        """Create a household and be in it."""
        self.guild = self.post("/api/v1/guilds/", {"name": name, "time_zone": time_zone})
        return self

    def invite(self, **said: Any) -> dict[str, Any]:
        """The invitation, with its `code` and `url`."""
        made: dict[str, Any] = self.post("invites/", said)
        return made

    def join(self, invitation: dict[str, Any]) -> Person:
        self.guild = self.post("/api/v1/invites/accept/", {"code": invitation["code"]})
        return self

    @property
    def pages(self) -> str:
        """The address of her household's pages."""
        return f"http://127.0.0.1:{self.port}/g/{self.guild['slug']}/"
