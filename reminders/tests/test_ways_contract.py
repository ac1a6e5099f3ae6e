"""What every way out promises, asked of each of them: over the wire, to servers on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.tests import loopback
from config.tests.loopback import Loopback
from reminders.channels.apprise import Apprise
from reminders.channels.base import Message, PassingFailure, PermanentFailure, Sent, Way
from reminders.channels.email import Email
from reminders.channels.push import Push
from reminders.channels.webhook import Webhook
from reminders.engine.outside import WAYS
from reminders.models import Channel
from reminders.tests.pushing import Browser
from reminders.tests.smtp import Postbox, postbox

MESSAGE = Message(
    key="0f" * 20,
    address="",
    recipient="Carol",
    guild="Home",
    title="Feed the cat",
    body="And the fish, äöü 🐟",
    url="http://127.0.0.1:8000/g/home/tasks/",
    inbox_url="http://127.0.0.1:8000/g/home/inbox/",
    due_at=datetime(2026, 6, 11, 18, tzinfo=UTC),
    late_by=timedelta(minutes=11),
    locale="en",
    time_zone="Europe/Berlin",
)


class Stand:
    """A way out with the machine that it leads to: `will` says how that one answers next."""

    way: Way
    address: str

    def will(self, fault: str) -> None: ...

    def said(self) -> str:
        """All that came over the wire."""
        raise NotImplementedError

    def send(self, **other: Any) -> Sent:
        return self.way.send(replace(MESSAGE, **({"address": self.address} | other)))


class Letters(Stand):
    faults = {
        "no, for now": "451 4.3.0 busy",
        "no, for good": "550 5.1.1 no such person",
        "silent": "SILENT",
    }

    def __init__(self, box: Postbox) -> None:
        self.box, self.way, self.address = box, Email(), "carol@example.org"

    def will(self, fault: str) -> None:
        self.box.answers = [self.faults[fault]]

    def said(self) -> str:
        letter = self.box.letters[-1]
        part = letter.get_body(("plain",))
        assert part
        return f"{letter['Message-ID']} {letter['Subject']} {part.get_content()}"


class Web(Stand):
    """What speaks HTTP."""

    def __init__(self, site: Loopback) -> None:
        self.site = site
        self.faults: dict[str, loopback.Answer] = {
            "no, for now": loopback.says(429, retry_after="77"),
            "trouble": loopback.says(503),
            "no, for good": loopback.says(404),
            "silent": site.hang(),
            "dripping": site.drip(20),
            "hangs up": loopback.resets,
            "talks nonsense": loopback.nonsense,
            "says too much": loopback.huge,
        }

    def will(self, fault: str) -> None:
        self.site.answers = [self.faults[fault]]

    def said(self) -> str:
        asked = self.site.asked[-1]
        body = asked.json
        return f"{asked.headers} {body}"


class Hook(Web):
    def __init__(self, site: Loopback) -> None:
        super().__init__(site)
        self.way, self.address = Webhook(), f"{site.url}/hook"
        self.way.seconds = 1.0


class Ntfy(Web):
    def __init__(self, site: Loopback) -> None:
        super().__init__(site)
        self.way, self.address = Apprise(), f"ntfy://{site.place}/cats"
        self.way.seconds = 1.0


class Pushed(Web):
    def __init__(self, site: Loopback) -> None:
        super().__init__(site)
        self.browser = Browser(site)
        self.way, self.address = Push(), json.dumps(self.browser.subscription)
        self.way.seconds = 1.0

    def said(self) -> str:
        asked = self.site.asked[-1]
        return f"{asked.headers} {self.browser.read(asked)}"


@pytest.fixture
def letters(settings: Settings) -> Iterator[Stand]:
    with postbox() as box:
        settings.MAILERS = box.mailers()
        yield Letters(box)


@pytest.fixture
def web(settings: Settings) -> Iterator[Loopback]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with loopback.loopback() as site:
        yield site


@pytest.fixture
def hook(web: Loopback) -> Stand:
    return Hook(web)


@pytest.fixture
def ntfy(web: Loopback) -> Stand:
    return Ntfy(web)


@pytest.fixture
def push(web: Loopback) -> Stand:
    return Pushed(web)


STANDS = {
    Channel.EMAIL: "letters",
    Channel.WEBHOOK: "hook",
    Channel.APPRISE: "ntfy",
    Channel.PUSH: "push",
}
every = pytest.mark.parametrize("name", STANDS.values())
by_http = pytest.mark.parametrize("name", ["hook", "ntfy", "push"])
# Much longer than each way is given here, and shorter than any of the other side's troubles lasts.
IN_TIME = 10


@pytest.fixture
def stand(name: str, request: pytest.FixtureRequest) -> Stand:
    found: Stand = request.getfixturevalue(name)
    return found


def timed(act: Callable[[], Any]) -> tuple[Exception | None, float]:
    """What it raised, and after how long."""
    begun = time.monotonic()
    try:
        act()
    except (PassingFailure, PermanentFailure) as failure:
        return failure, time.monotonic() - begun
    return None, time.monotonic() - begun


def test_every_way_out_is_asked() -> None:
    assert set(STANDS) == set(WAYS)
    assert all(way.concurrency >= 1 for way in WAYS.values())


@every
def test_it_is_taken_with_its_key_and_its_words(stand: Stand) -> None:
    assert isinstance(stand.send(), Sent)
    said = stand.said()
    for word in (
        MESSAGE.key,
        "Feed the cat",
        "And the fish, äöü 🐟",
        "Thursday 11 June 2026, 20:00",
    ):
        assert word in said
    assert "It comes 11 minutes late." in said
    assert MESSAGE.url in said


@every
def test_it_is_said_in_the_readers_language_and_by_her_clock(stand: Stand) -> None:
    stand.send(locale="de", time_zone="Asia/Kathmandu")
    assert "Donnerstag, 11. Juni 2026, 23:45" in stand.said()
    assert "Sie kommt 11 Minuten zu spät." in stand.said()


@every
def test_no_for_now_may_be_tried_again(stand: Stand) -> None:
    stand.will("no, for now")
    with pytest.raises(PassingFailure):
        stand.send()
    stand.send()
    assert MESSAGE.key in stand.said()


@by_http
def test_what_the_provider_asks_for_is_handed_on(stand: Stand) -> None:
    stand.will("no, for now")
    with pytest.raises(PassingFailure) as failure:
        stand.send()
    assert (failure.value.reason, failure.value.retry_after) == ("http:429", timedelta(seconds=77))


@every
def test_no_for_good_is_not_tried_again(stand: Stand) -> None:
    stand.will("no, for good")
    with pytest.raises(PermanentFailure):
        stand.send()


@every
def test_silence_ends_in_time(stand: Stand) -> None:
    stand.will("silent")
    failure, seconds = timed(stand.send)
    assert isinstance(failure, PassingFailure)
    assert seconds < IN_TIME


@by_http
@pytest.mark.parametrize("fault", ["dripping", "hangs up", "talks nonsense", "trouble"])
def test_trouble_of_the_other_side_passes(stand: Stand, fault: str) -> None:
    stand.will(fault)
    failure, seconds = timed(stand.send)
    assert isinstance(failure, PassingFailure)
    assert seconds < IN_TIME


@by_http
def test_no_answer_is_read_to_its_end(stand: Stand) -> None:
    stand.will("says too much")
    failure, seconds = timed(stand.send)
    assert failure is None
    assert seconds < IN_TIME


@every
def test_nobody_there_may_be_tried_again(
    stand: Stand, settings: Settings, unused_port: int
) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": unused_port, "timeout": 1},
        }
    }
    other = getattr(getattr(stand, "site", None), "port", 0)
    with pytest.raises(PassingFailure):
        stand.send(address=stand.address.replace(str(other), str(unused_port)))


@by_http
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254"])
def test_an_address_inside_is_never_reached(stand: Stand, settings: Settings, host: str) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(PermanentFailure) as failure:
        stand.send(address=stand.address.replace("127.0.0.1", host))
    assert failure.value.reason == "private_address"
    assert stand.site.asked == []  # type: ignore[attr-defined]


@by_http
def test_tls_that_is_none_may_be_tried_again(stand: Stand) -> None:
    secure = stand.address.replace("http://", "https://").replace("ntfy://", "ntfys://")
    failure, seconds = timed(lambda: stand.send(address=secure))
    assert isinstance(failure, PassingFailure)
    assert failure.reason == "no_trust"
    assert seconds < IN_TIME


@by_http
@pytest.mark.parametrize("address", ["", "nonsense", "://", "http://", "ntfy://", "x" * 3000])
def test_an_address_that_is_none_is_given_up(stand: Stand, address: str) -> None:
    with pytest.raises(PermanentFailure):
        stand.send(address=address)


@by_http
def test_gone_for_good_is_said(stand: Stand, web: Loopback) -> None:
    web.answers = [loopback.says(410)]
    with pytest.raises(PermanentFailure) as failure:
        stand.send()
    assert (type(failure.value).__name__, failure.value.reason) == ("Gone", "http:410")


@by_http
def test_a_redirect_inwards_leads_nowhere(stand: Stand, web: Loopback) -> None:
    with loopback.loopback("127.0.0.2") as inner:
        web.answers = [loopback.says(307, location=f"{inner.url}/secrets")]
        with pytest.raises(PermanentFailure):
            stand.send()
        assert inner.asked == []


@pytest.fixture
def unused_port() -> int:
    with loopback.loopback() as site:
        return site.port
