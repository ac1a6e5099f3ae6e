"""What Apprise reaches: which of its services, how they speak, and what they may never touch."""

from __future__ import annotations

import ast
import gc
import re
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.tests.certificates import certified
from config.tests.loopback import Loopback, loopback, says, says_json
from config.web.outbound import public_only
from reminders.channels.apprise import Apprise, Unusable, opened, pasted
from reminders.channels.apprise_services import MODULES, REFUSED
from reminders.channels.base import PassingFailure, PermanentFailure
from reminders.tests.test_ways_contract import MESSAGE

# What would speak something else than HTTP, start something, or go on behind our back.
OTHER_WAYS = {
    "asyncio", "concurrent", "ctypes", "dbus", "gi", "gntp", "multiprocessing", "paho", "pika",
    "slixmpp", "smpplib", "smtplib", "socket", "socketserver", "ssl", "subprocess", "telnetlib",
    "websocket", "websockets",
}  # fmt: skip


@pytest.fixture
def site(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback() as site:
        yield site


def send(address: str, **other: Any) -> str:
    return Apprise().send(replace(MESSAGE, address=address, **other)).provider_id


def test_ntfy_takes_it(site: Loopback) -> None:
    """https://docs.ntfy.sh/publish/#publish-as-json"""
    site.answers = [says_json(200, {"id": "xE73Iyuabi", "event": "message"})]
    assert send(f"ntfy://ada:secret@{site.place}/cats?priority=high") == "xE73Iyuabi"
    [asked] = site.asked
    assert (asked.path, asked.json["topic"]) == ("/", "cats")
    assert asked.json["title"] == "Feed the cat"
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.headers["idempotency-key"] == MESSAGE.key
    assert not {"x-icon", "x-attach"} & set(asked.headers)


def test_gotify_takes_it(site: Loopback) -> None:
    """https://gotify.net/api-docs#/message/createMessage"""
    site.answers = [says_json(200, {"id": 25, "appid": 5})]
    assert send(f"gotify://{site.place}/AabbCCddEEff112") == "25"
    [asked] = site.asked
    assert asked.path == "/message"
    assert asked.headers["x-gotify-key"] == "AabbCCddEEff112"
    assert (asked.json["title"], "And the fish" in asked.json["message"]) == ("Feed the cat", True)


def test_json_takes_it(site: Loopback) -> None:
    send(f"json://{site.place}/house?+X-Door=front")
    [asked] = site.asked
    assert (asked.path, asked.headers["x-door"]) == ("/house", "front")
    assert asked.json["title"] == "Feed the cat"


def test_mattermost_takes_it(site: Loopback) -> None:
    """https://developers.mattermost.com/integrate/webhooks/incoming/"""
    send(f"mmost://{site.place}/3ccdd113474722377935511fc85d3dd4")
    [asked] = site.asked
    assert asked.path == "/hooks/3ccdd113474722377935511fc85d3dd4"
    assert "Feed the cat" in asked.json["text"]


def test_matrix_takes_it(site: Loopback) -> None:
    """https://spec.matrix.org/latest/client-server-api/: log in, join, send."""
    user = {"user_id": "@ada:home", "access_token": "t", "home_server": "home", "device_id": "d"}
    for _ in range(9):
        site.answers.append(says_json(200, user | {"room_id": "!cats:home", "event_id": "$e1"}))
    send(f"matrix://ada:secret@{site.place}/!cats:home")
    said = [asked for asked in site.asked if "/send/m.room.message" in asked.path]
    assert len(said) == 1
    assert "And the fish" in said[0].json["body"]
    assert [asked.path for asked in site.asked][-1].endswith("/logout")
    count = len(site.asked)
    gc.collect()
    assert len(site.asked) == count
    keys = [asked.headers["idempotency-key"] for asked in site.asked]
    assert len(set(keys)) == len(keys) > 1
    assert all(key.startswith(MESSAGE.key) for key in keys)


@pytest.fixture
def played(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Loopback]:
    """A server on this machine that plays hosts whose names stand in Apprise itself."""
    hosts = ["api.telegram.org", "discord.com", "hooks.slack.com"]
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    context, believed = certified(tmp_path, *hosts)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(believed))
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        # The network's edge: these names are looked up here.
        if host in hosts:
            place = ("127.0.0.1", server.port)
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place)]
        return real(host, port, *args, **kwargs)

    with loopback(tls=context) as server:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        yield server


def test_telegram_takes_it(played: Loopback) -> None:
    """https://core.telegram.org/bots/api#sendmessage"""
    played.answers = [says_json(200, {"ok": True, "result": {"message_id": 365}})]
    assert send("tgram://123456789:abcdefg_hijklmnop/12315544/") == "365"
    [asked] = played.asked
    assert asked.path == "/bot123456789:abcdefg_hijklmnop/sendMessage"
    assert "Feed the cat" in asked.json["text"]


def test_telegrams_pause_is_honoured(played: Loopback) -> None:
    played.answers = [says(429, retry_after="31")]
    with pytest.raises(PassingFailure) as failure:
        send("tgram://123456789:abcdefg_hijklmnop/12315544/")
    assert failure.value.retry_after == timedelta(seconds=31)


def test_a_discord_webhook_takes_it(played: Loopback) -> None:
    """https://discord.com/developers/docs/resources/webhook#execute-webhook"""
    played.answers = [says(204)]
    send("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")
    [asked] = played.asked
    assert asked.path.startswith("/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")


def test_a_discord_webhook_that_was_removed_is_given_up(played: Loopback) -> None:
    played.answers = [says_json(404, {"message": "Unknown Webhook", "code": 10015})]
    with pytest.raises(PermanentFailure) as failure:
        send("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")
    assert failure.value.reason == "http:404"


def test_slack_takes_it(played: Loopback) -> None:
    """https://api.slack.com/messaging/webhooks"""
    played.answers = [says(200, "ok")]
    send("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#cats")
    [asked] = played.asked
    assert asked.path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def test_a_service_that_wants_us_to_sleep_gets_a_later_try(site: Loopback) -> None:
    """Matrix asks for a pause in milliseconds, for which Apprise would hold up the worker."""
    site.answers = [says_json(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 600_000})]
    begun = time.monotonic()
    with pytest.raises(PassingFailure) as failure:
        send(f"matrix://ada:secret@{site.place}/!cats:home")
    assert time.monotonic() - begun < 15
    assert failure.value.retry_after == timedelta(seconds=600)


def test_how_often_to_try_is_not_the_urls_to_say(site: Loopback) -> None:
    site.answers = [says(500), says(500), says(500)]
    with pytest.raises(PassingFailure):
        send(f"json://{site.place}/?retry=5&wait=0.1")
    assert len(site.asked) == 1


def test_no_proxy_of_the_environment_learns_of_it(
    site: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loopback() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        send(f"json://{site.place}/")
        assert (len(site.asked), proxy.asked) == (1, [])


def test_passwords_of_this_machine_are_not_sent_along(
    site: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login root password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send(f"json://{site.place}/")
    assert "authorization" not in site.asked[0].headers


def test_nothing_of_it_is_logged(site: Loopback, capfd: pytest.CaptureFixture[str]) -> None:
    site.answers = [says(401)]
    with pytest.raises(PermanentFailure):
        send(f"ntfy://ada:swordfish@{site.place}/secretcats")
    said = capfd.readouterr()
    assert not {"swordfish", "secretcats", "Feed the cat"} & set(re.findall(r"[\w ]+", str(said)))


# --- Which services, and what they cannot do


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "mailto://ada:secret@example.org",
        "mailtos://ada:secret@example.org",
        "syslog://",
        "rsyslog://127.0.0.1/local5",
        "dbus://",
        "gnome://",
        "macosx://",
        "windows://",
        "mqtt://127.0.0.1/cats",
        "xmpp://ada:secret@example.org",
        "irc://example.org/cats",
        "blink1://",
        "fcm://project/device?keyfile=/etc/passwd",
        "vapid://ada@example.org?keyfile=/etc/passwd",
    ],
)
def test_what_is_no_service_for_us_is_never_opened(url: str) -> None:
    with public_only(5), pytest.raises(Unusable):
        opened(url)
    assert str(REFUSED[url.partition("://")[0]])


def test_what_apprise_knows_is_allowed_or_refused_by_name() -> None:
    """A new release of it must not open a door that nobody looked at."""
    from apprise.manager_plugins import NotificationManager

    manager: Any = NotificationManager
    known = set(manager().schemas())
    assert known - set(MODULES) - set(REFUSED) == set()
    assert set(MODULES) - known == set()
    assert set(MODULES) & set(REFUSED) == set()


@pytest.mark.parametrize("module", sorted(set(MODULES.values())))
def test_an_allowed_service_knows_no_other_way_out(module: str) -> None:
    found = find_spec(f"apprise.plugins.{module}")
    assert found
    assert found.origin
    place = Path(found.origin)
    for file in place.parent.glob("*.py") if place.name == "__init__.py" else [place]:
        tree = ast.parse(file.read_text())
        imported = {
            name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in _imported(node)
        }
        assert imported & OTHER_WAYS == set(), file


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    return [node.module or ""] if not node.level else []


SECRET = "/etc/guildhall-was-here"  # a path that nothing else would open
PARAMETERS = (
    "attach", "keyfile", "subfile", "template", "path", "key", "cert", "pem", "file", "config",
    "icon", "image", "avatar", "token", "to", "from", "format", "tz",
)  # fmt: skip


@pytest.mark.parametrize("schema", sorted(MODULES))
def test_no_url_of_an_allowed_service_opens_a_file(
    schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is said: the trip notes each file that Python is asked for, and lets none be read
    outside of Python's own.
    """
    nowhere = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 9))]
    # The network's edge: nobody is reached from here.
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_how: nowhere)
    said = "&".join(f"{name}={SECRET}" for name in PARAMETERS)
    names = ["file://" + SECRET, SECRET]
    opened_files: list[str] = []
    bugs: list[Exception] = []
    _listen(opened_files)
    for name in names:
        for url in (
            f"{schema}://{name}",
            f"{schema}://ada:secret@127.0.0.1/{name}/{name}?{said}",
            f"{schema}://{'a' * 32}/{'b' * 32}/{'1' * 12}/?{said}",
        ):
            with public_only(5) as trip:
                try:
                    service = opened(url)
                    service.notify(title="a", body="b", notify_type="info", body_format="text")
                except (Unusable, PassingFailure, OSError, TypeError, ValueError):
                    pass
                except Exception as error:  # noqa: BLE001  # a bug of the service is no door
                    bugs.append(error)
            assert trip.refused in {"", "address", "file"}
    assert [place for place in opened_files if "guildhall-was-here" in place] == []


_files: list[list[str]] = []


def _listen(found: list[str]) -> None:
    """Note what was really opened, by a second hook behind ours (a refusal ends before it)."""
    if not _files:
        sys.addaudithook(
            lambda event, args: _files[-1].append(str(args[0])) if event == "open" else None
        )
    _files.append(found)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (
            "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
            "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js/",
        ),
        (
            "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
        ),
        ("https://example.org/hook", ""),
        ("nonsense", ""),
    ],
)
def test_an_address_that_a_service_gave_out_is_understood(address: str, url: str) -> None:
    assert pasted(address) == url
