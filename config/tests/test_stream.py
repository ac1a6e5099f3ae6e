"""Which ticket opens a stream and for how long, told without a running site."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import pytest

from config.web import stream
from config.web.live import (
    END,
    EVERYBODY,
    RESYNC,
    TICKET_SECONDS,
    guild_channel,
    member_channel,
    read_ticket,
    send_all,
    ticket,
)
from config.web.stream import Hub, Live


def ticket_of(seconds: float, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ticket that was given out so long ago."""
    with monkeypatch.context() as clock:
        then = time.time() - seconds
        clock.setattr(time, "time", lambda: then)
        return ticket(uuid4(), uuid4())


def opened(text: str) -> list[dict[str, Any]]:
    """What the stream of this ticket sends until it ends by itself."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def stay() -> None:
        await asyncio.Event().wait()

    async def listen() -> None:
        live = Live()
        scope = {"method": "GET", "query_string": f"ticket={text}".encode()}
        await asyncio.wait_for(live(scope, stay, send), 5)
        if live.listener:
            live.listener.cancel()
            await asyncio.gather(live.listener, return_exceptions=True)

    asyncio.run(listen())
    return sent


def test_a_ticket_that_is_over_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_ticket(ticket_of(TICKET_SECONDS - 2, monkeypatch))
    over = ticket_of(TICKET_SECONDS + 1, monkeypatch)
    assert read_ticket(over) is None
    assert [message.get("status") for message in opened(over)] == [403, None]


def test_an_open_stream_ends_with_its_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    first, *rest = opened(ticket_of(TICKET_SECONDS - 1, monkeypatch))
    assert first["status"] == 200
    assert [message["more_body"] for message in rest] == [True] * (len(rest) - 1) + [False]
    assert 0.5 < time.monotonic() - start < 3


def test_a_ticket_from_before_the_end_opens_no_stream_any_more() -> None:
    guild, member, hub = uuid4(), uuid4(), Hub()
    channel = member_channel(guild, member)
    before = read_ticket(ticket(guild, member))
    assert before
    assert not hub.has_ended(channel, before[2])

    hub._tell(channel, END)

    assert hub.has_ended(channel, before[2])
    after = read_ticket(ticket(guild, member))
    assert after
    assert not hub.has_ended(channel, after[2] + 0.01)
    assert not hub.has_ended(member_channel(guild, uuid4()), before[2])


def test_what_everybody_is_told_reaches_every_stream() -> None:
    hub = Hub()
    with hub.hearing("live:one") as one, hub.hearing("live:other", "live:third") as other:
        hub._tell(EVERYBODY, RESYNC)
        assert [one.get_nowait(), other.get_nowait()] == [RESYNC, RESYNC]
        assert other.empty()


def test_what_many_are_told_at_once_reaches_each_and_nobody_else() -> None:
    guild = uuid4()
    hers, his, other = (member_channel(guild, uuid4()) for _ in range(3))

    async def hear() -> list[bytes]:
        hub = Hub()
        with hub.hearing(hers) as one, hub.hearing(his) as two, hub.hearing(other) as third:
            listener = asyncio.create_task(hub.listen())
            assert [await queue.get() for queue in (one, two, third)] == [RESYNC] * 3
            await asyncio.to_thread(send_all, [(hers, b"hers"), (his, b"his"), (hers, END)])
            said = [await asyncio.wait_for(queue.get(), 5) for queue in (one, two, one)]
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
            assert third.empty()
            assert hub.has_ended(hers, time.time() + TICKET_SECONDS - 1)
        return said

    assert asyncio.run(hear()) == [b"hers", b"his", END]


def test_a_household_that_was_closed_opens_no_stream_with_an_old_ticket() -> None:
    guild, member, live = uuid4(), uuid4(), Live()
    text = ticket(guild, member)
    live.hub._tell(guild_channel(guild), END)
    assert statuses(live, [text]) == [403]


def test_one_member_and_all_together_open_so_many_streams_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "MOST_OF_ONE", 2)
    monkeypatch.setattr(stream, "MOST", 3)
    mine, hers, his = (ticket(uuid4(), uuid4()) for _ in range(3))
    assert statuses(Live(), [mine, mine, mine, hers, his]) == [200, 200, 429, 200, 503]


def test_a_stream_that_is_gone_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_OF_ONE", 1)
    live, text = Live(), ticket(uuid4(), uuid4())
    assert statuses(live, [text]) == [200]
    assert statuses(live, [text]) == [200]


def statuses(live: Live, tickets: list[str]) -> list[int]:
    """The answers to streams opened one after the other, each held while the next one comes."""
    answers: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answers.append(message["status"])

    async def stay() -> None:
        await asyncio.Event().wait()

    async def come() -> None:
        held = []
        for text in tickets:
            scope = {"method": "GET", "query_string": f"ticket={text}".encode()}
            held.append(asyncio.create_task(live(scope, stay, send)))
            await asyncio.sleep(0.05)
        ours = [*held, *([live.listener] if live.listener else [])]
        for task in ours:
            task.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        live.listener = None

    asyncio.run(come())
    return answers
