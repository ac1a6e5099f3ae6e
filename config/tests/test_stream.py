"""Whose stream was ended, told without a running site."""

from __future__ import annotations

from uuid import uuid4

from config.web.live import END, EVERYBODY, RESYNC, member_channel, read_ticket, ticket
from config.web.stream import Hub


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
