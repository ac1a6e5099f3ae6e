"""How much goes to one place at once and in a second, over all workers together.

A place is a destination, or the provider behind many. Valkey counts; what a dead worker held there
is free again when its lease is over. Without Valkey each process keeps the limits by itself, and
nothing is lost: whatever may not go now is planned again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from config.web.valkey import ask, valkey
from reminders.channels.base import Limits
from reminders.engine.buckets import Bucket

# Where all slots are taken it is asked again this soon.
FULL_MS = 100
LONGEST_MS = 5000
# One answer silences no way for longer; the message that got it waits as long as it was told to.
LONGEST_PAUSE = timedelta(hours=1)

# Those that leave free their slots. For each (id, destination, provider) that comes: -1 when it may
# go, otherwise milliseconds to wait.
ADMIT = """
local leaving, coming = cjson.decode(ARGV[9]), cjson.decode(ARGV[10])
for _, place in ipairs(leaving) do
    redis.call('ZREM', 'limit:' .. place[2], place[1])
    redis.call('ZREM', 'limit:' .. place[3], place[1])
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local lease = tonumber(ARGV[1])
local known = {}
local function look(key, most, rate, burst)
    local one = known[key]
    if one then return one end
    local pause = (tonumber(redis.call('GET', key .. ':pause')) or 0) - tonumber(ARGV[8])
    one = {most = most, rate = rate, behind = 0, pause = pause}
    if most > 0 then
        redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
        one.used = redis.call('ZCARD', key)
    end
    if rate > 0 then
        local kept = redis.call('HMGET', key .. ':rate', 'n', 'at')
        one.n = math.min(burst, (tonumber(kept[1]) or burst)
            + (now - (tonumber(kept[2]) or now)) * rate / 1000)
    end
    known[key] = one
    return one
end
local function wait(one)
    if one.pause > 0 then return one.pause end -- as its provider asked
    if one.most > 0 and one.used >= one.most then
        one.behind = one.behind + 1
        return math.min(LONGEST, FULL * math.ceil(one.behind / one.most))
    end
    if one.rate > 0 and one.n < 1 then
        one.behind = one.behind + 1
        return math.min(LONGEST, math.ceil((one.behind - one.n) * 1000 / one.rate))
    end
    return 0
end
local function enter(key, one, id)
    if one.most > 0 then
        one.used = one.used + 1
        redis.call('ZADD', key, now + lease, id)
        redis.call('PEXPIRE', key, lease)
    end
    if one.rate > 0 then one.n = one.n - 1; one.changed = true end
end
local answer = {}
for _, place in ipairs(coming) do
    local id, to, by = place[1], 'limit:' .. place[2], 'limit:' .. place[3]
    local here = look(to, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]))
    local there = look(by, tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]))
    local pause = math.max(wait(here), wait(there))
    if pause == 0 then
        enter(to, here, id)
        enter(by, there, id)
        pause = -1
    end
    answer[#answer + 1] = pause
end
for key, one in pairs(known) do
    if one.changed then
        redis.call('HSET', key .. ':rate', 'n', tostring(one.n), 'at', now)
        redis.call('PEXPIRE', key .. ':rate', 60000)
    end
end
return answer
""".replace("FULL", str(FULL_MS)).replace("LONGEST", str(LONGEST_MS))

# How many of these tokens there are; those are taken.
TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'n', 'at')
local n = math.min(burst, (tonumber(kept[1]) or burst)
    + (now - (tonumber(kept[2]) or now)) * rate / 1000)
local got = math.max(0, math.min(wanted, math.floor(n)))
redis.call('HSET', KEYS[1], 'n', tostring(n - got), 'at', now)
redis.call('PEXPIRE', KEYS[1], 60000)
return got
"""


class Place(NamedTuple):
    """Where one message goes: by what the limits count it."""

    id: UUID
    destination: str
    provider: str


class Gate:
    """The limits of one way out. Answers and waits are in seconds."""

    def __init__(self, limits: Limits, lease_seconds: float) -> None:
        self.limits, self.lease_ms = limits, int(1000 * lease_seconds)
        self.inside: dict[UUID, Place] = {}
        self._alone: dict[str, Bucket] = {}

    def admit(
        self, places: list[Place], now: datetime, leaving: Iterable[UUID] = ()
    ) -> tuple[list[float], list[str]]:
        """For each place how long it has to wait; 0 when it may go, and then it is inside. `now`
        is by the clock of `pause`. The slots of what is `leaving` are free first; beside the waits
        stand the destinations that have one more now.
        """
        gone = [place for one in leaving if (place := self.inside.pop(one, None))]
        if not places and not (gone and self._counts):
            return [], [place.destination for place in gone]
        waits = ask(lambda: self._admit(places, now, gone), None, event="limits.alone")
        if waits is None:
            waits = self._admit_alone(places)
        for place, wait in zip(places, waits, strict=True):
            if not wait:
                self.inside[place.id] = place
        return waits, [place.destination for place in gone]

    def hold(self) -> None:
        """What is still under way keeps its slots."""
        if self.inside and self._counts:
            ask(self._hold, None, event="limits.alone")

    def pause(self, destination: str, until: datetime, span: timedelta) -> None:
        """Nothing goes there until then, in so long, or LONGEST_PAUSE: its provider asked for
        that.
        """
        until -= max(span - LONGEST_PAUSE, timedelta())
        key, at = pause_key(destination), int(1000 * until.timestamp())
        ms = max(1, int(1000 * min(span, LONGEST_PAUSE).total_seconds()))
        ask(lambda: valkey().set(key, at, px=ms), None, event="limits.alone")

    @property
    def _counts(self) -> bool:
        return bool(self.limits.at_once or self.limits.provider_at_once)

    def _admit(self, places: list[Place], now: datetime, gone: list[Place]) -> list[float]:
        words: list[Any] = [self.lease_ms, *self.limits, int(1000 * now.timestamp())]
        words += [
            orjson.dumps([(place.id.hex, *place[1:]) for place in each]) for each in (gone, places)
        ]
        return [max(0, ms) / 1000 for ms in script(ADMIT)(args=words)]

    def _admit_alone(self, places: list[Place]) -> list[float]:
        most, rate, burst, by_most, by_rate, by_burst = self.limits
        used = Counter(key for place in self.inside.values() for key in place[1:])
        waits = []
        for place in places:
            full = any(
                limit and used[key] >= limit
                for key, limit in zip(place[1:], (most, by_most), strict=True)
            )
            free = not full and all(
                self._has_token(key, *bucket)
                for key, *bucket in (
                    (place.destination, rate, burst),
                    (place.provider, by_rate, by_burst),
                )
            )
            if free:
                used.update(place[1:])
            waits.append(0.0 if free else FULL_MS / 1000)
        return waits

    def _has_token(self, key: str, rate: float, burst: float) -> bool:
        if not rate:
            return True
        return bool(self._alone.setdefault(key, Bucket(rate, burst)).take(1))

    def _hold(self) -> None:
        seconds, microseconds = valkey().time()
        until = seconds * 1000 + microseconds // 1000 + self.lease_ms
        with valkey().pipeline(transaction=False) as pipeline:
            for place in self.inside.values():
                for key in place[1:]:
                    pipeline.zadd(f"limit:{key}", {place.id.hex: until}, xx=True)
                    pipeline.pexpire(f"limit:{key}", self.lease_ms)
            pipeline.execute()


def lift_pause(destination: UUID) -> None:
    """It was put right, or takes messages again: what its provider asked for is over."""
    ask(lambda: valkey().delete(pause_key(str(destination))), 0, event="limits.alone")


def pause_key(destination: str) -> str:
    return f"limit:{destination}:pause"


class SharedBucket:
    """A bucket that all workers take from; each has one of its own while Valkey is away."""

    def __init__(self, name: str, per_second: float) -> None:
        self.key, self.per_second = f"limit:{name}:rate", per_second
        self.burst = max(1.0, per_second / 4)
        self._alone = Bucket(self.per_second, self.burst)

    def take(self, wanted: int) -> int:
        """How many of them there are; those are gone then."""
        words = [self.per_second, self.burst, wanted]
        got = ask(
            lambda: int(script(TAKE)(keys=[self.key], args=words)), None, event="limits.alone"
        )
        return self._alone.take(wanted) if got is None else got


def script(text: str) -> Any:
    """Sent whole once; a Valkey that forgot it is told again."""
    return _registered(valkey(), text)


@cache
def _registered(server: Any, text: str) -> Any:
    return server.register_script(text)
