"""How much the API costs: `GET tasks/` with 100 rows, `POST tasks/`, Today with 1,000 tasks.

    python -P -m operations.servers --throw-away -- python bench/api.py

Every figure is the median of several rounds, ours and the control in turn.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

ROUNDS, SECONDS, CLIENTS = 5, 3.0, 4
Send = Callable[[http.client.HTTPConnection], None]


@dataclass(frozen=True)
class Figures:
    per_second: float
    web_ms: float
    postgres_ms: float


def main() -> None:
    import django

    django.setup()
    guild, slug, token, cookie = prepare()
    headers = {"Authorization": f"Bearer {token}"}
    api = f"/api/v1/guilds/{guild}/tasks/"
    with served("bench.wsgi:application") as (port, meter):
        mine: list[Figures] = []
        control: list[Figures] = []
        for _round in range(ROUNDS):
            mine.append(load(port, meter, get(api, headers)))
            control.append(load(port, meter, get(f"/control/{guild}/", headers)))
        show("GET tasks/, 100 rows", mine)
        show("control: psycopg + orjson", control)
        ratio = [a.per_second / b.per_second for a, b in zip(mine, control, strict=True)]
        print(f"throughput against the control: {statistics.median(ratio):.2f} (gate 0.80)")
        show("POST tasks/", [load(port, meter, post(api, headers)) for _ in range(3)])
        fill(guild, 1000)
        today = get(f"/g/{slug}/", {"Cookie": cookie})
        show("Today, 1,000 tasks", [load(port, meter, today, clients=1) for _ in range(3)])


def prepare() -> tuple[str, str, str, str]:
    """A household with 100 tasks: its id and address, a JWT and a session cookie of its owner."""
    from allauth.headless.tokens.strategies.jwt import internal
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from accounts.guild.testing import make_cast

    call_command("migrate", database="owner", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    cast = make_cast()
    fill(str(cast.home.pk), 100)
    client = Client()
    user = cast.alice.user
    assert user is not None
    client.force_login(user)
    token = internal.create_access_token(user, client.session, {})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    return str(cast.home.pk), cast.home.slug, token, f"{settings.SESSION_COOKIE_NAME}={cookie}"


def fill(guild: str, number: int) -> None:
    from datetime import timedelta
    from uuid import UUID

    from django.utils import timezone

    from accounts.guild.scope import guild_scope
    from accounts.models import Member
    from productivity.tasks.actions import add_task

    with guild_scope(UUID(guild)):
        people = list(Member.objects.select_related("user", "guild").order_by("joined_at", "id"))
    owner = next(member for member in people if member.is_owner)
    with guild_scope(UUID(guild), owner):
        for index in range(number):
            add_task(
                by=owner,
                at=timezone.now(),
                title=f"Water the tomatoes and look after the plants of row {index}",
                description="Not on the leaves, and not at noon. The can stands behind the shed.",
                due_on=timezone.localdate() + timedelta(days=index % 30),
                assignees=people[: index % 3],
                tags=["garden", "daily"][: index % 3],
            )


def get(path: str, headers: dict[str, str]) -> Send:
    def send(connection: http.client.HTTPConnection) -> None:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:300])

    return send


def post(path: str, headers: dict[str, str]) -> Send:
    def send(connection: http.client.HTTPConnection) -> None:
        body = b'{"title": "Buy milk", "priority": "high"}'
        connection.request("POST", path, body, headers | {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status

    return send


def load(port: int, meter: Meter, send: Send, clients: int = CLIENTS) -> Figures:
    """Requests of several clients at once for some seconds, after a short warm-up."""
    stop = threading.Event()
    counts = [0] * clients

    def ask(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not stop.is_set():
            send(connection)
            counts[index] += 1

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    before, start, done = meter.read(), time.perf_counter(), sum(counts)
    time.sleep(SECONDS)
    asked, seconds, after = sum(counts) - done, time.perf_counter() - start, meter.read()
    stop.set()
    for thread in threads:
        thread.join()
    web, postgres = (1000 * (b - a) / asked for a, b in zip(before, after, strict=True))
    return Figures(asked / seconds, web, postgres)


class Meter:
    """CPU seconds of the web server and of the PostgreSQL behind it, and of no other."""

    def __init__(self, server: int) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = psutil.Process(cursor.fetchone()[0])
        self.web, self.postgres = psutil.Process(server), backend.parent()

    def read(self) -> tuple[float, float]:
        return _tree(self.web), _tree(self.postgres)


def _tree(root: psutil.Process) -> float:
    """With what ended children took, which the parent has waited for."""
    own = root.cpu_times()
    total: float = own.user + own.system + own.children_user + own.children_system
    for process in root.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@contextmanager
def served(application: str) -> Iterator[tuple[int, Meter]]:
    """The application under granian as `docs/operate.md` starts it on two cores."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "1", "--no-log", application]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    # A log line a request is part of its price; a terminal that scrolls is not.
    server = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, Meter(server.pid)
    finally:
        server.terminate()
        server.wait(10)


def show(name: str, rounds: list[Figures]) -> None:
    def middle(pick: Callable[[Figures], float]) -> float:
        return statistics.median(pick(one) for one in rounds)

    web, postgres = middle(lambda f: f.web_ms), middle(lambda f: f.postgres_ms)
    print(
        f"{name:28} {middle(lambda f: f.per_second):7.0f}/s   CPU web {web:.2f} ms"
        f" + PostgreSQL {postgres:.2f} ms = {web + postgres:.2f} ms a request"
    )


if __name__ == "__main__":
    main()
