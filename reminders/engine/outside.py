"""The ways out that lead to somebody else's machine: sent beside each other, marked in groups.

Sending happens outside any transaction. A small group bounds what a crash sends twice: at most
the sends in flight and one group.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from time import monotonic
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from accounts.secrets import decrypt
from config.web.chosen import language_or, zone_or
from config.web.retry import pause_after
from reminders import acts
from reminders.channels.apprise import Apprise
from reminders.channels.base import (
    Gone,
    Message,
    PassingFailure,
    PermanentFailure,
    Way,
    idempotency_key,
)
from reminders.channels.email import Email
from reminders.channels.push import Push
from reminders.channels.webhook import Webhook
from reminders.engine.claim import LEASE, Claim, claim, hold
from reminders.engine.decide import Said, decide
from reminders.engine.failpoints import reach
from reminders.engine.outcomes import Outcome, mark, skipped
from reminders.models import Channel, Status

WAYS: dict[str, Way] = {
    Channel.EMAIL: Email(),
    Channel.PUSH: Push(),
    Channel.WEBHOOK: Webhook(),
    Channel.APPRISE: Apprise(),
}
GROUP = 8
HEARTBEAT_SECONDS = LEASE.total_seconds() / 4
# With the heartbeat that a stop may have to wait for, less than the engine gives its threads.
STOP_SECONDS = 1.5


class Drain:
    """One channel's sends under way. `run()` returns when nothing of it is due or in flight."""

    def __init__(self, channel: str) -> None:
        self.channel, self.way = channel, WAYS[channel]
        self.flying: dict[Future[Outcome], Claim] = {}
        self.landed: list[Outcome] = []
        self.held_at = monotonic()

    def run(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """How many were decided. When stopped, what does not land soon is left to its lease."""
        seen = 0
        pool = ThreadPoolExecutor(self.way.concurrency, self.channel)
        try:
            while not stopped():
                claims = self._take(pool)
                seen += claims
                if not self.flying and not self.landed and not claims:
                    break
                self._land()
            if self.flying or self.landed:
                self._settle()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            # What was not begun falls due again when its lease is over.
            self.flying = {one: it for one, it in self.flying.items() if not one.cancelled()}
        return seen

    def _settle(self) -> None:
        """Write down what lands soon after the stop, each at once: left to its lease it would go
        out twice.
        """
        end = monotonic() + STOP_SECONDS
        while self.landed or (self.flying and monotonic() < end):
            mark(self.landed)
            self.landed.clear()
            left = max(end - monotonic(), 0)
            done, _ = wait(self.flying, timeout=left, return_when=FIRST_COMPLETED)
            for future in done:
                self.flying.pop(future)
                self.landed.append(future.result())

    def _take(self, pool: ThreadPoolExecutor) -> int:
        free = self.way.concurrency - len(self.flying)
        claims = claim(self.channel, free) if free else []
        if claims:
            reach("claimed")
        for one, what in decide(claims):
            if isinstance(what, Said):
                self.flying[pool.submit(_send, self.way, one, what)] = one
            else:
                self.landed.append(skipped(one, what))
        return len(claims)

    def _land(self) -> None:
        done, _ = wait(self.flying, timeout=HEARTBEAT_SECONDS, return_when=FIRST_COMPLETED)
        if done:
            reach("sent")
        for future in done:
            self.flying.pop(future)
            self.landed.append(future.result())
        # The rest of a group is marked as soon as nothing else has landed.
        while len(self.landed) >= GROUP or not any(one.done() for one in self.flying):
            mark(self.landed[:GROUP])
            del self.landed[:GROUP]
            if not self.landed:
                break
        if self.flying and monotonic() - self.held_at > HEARTBEAT_SECONDS:
            hold([one.id for one in self.flying.values()])
            self.held_at = monotonic()


def _send(way: Way, one: Claim, said: Said) -> Outcome:
    """Send it, in a thread without a database; how it ended."""
    try:
        sent = way.send(_message(one, said))
    except Gone as failure:
        return Outcome(one.id, Status.FAILED, "gone", failure.reason[:500])
    except PermanentFailure as failure:
        return Outcome(one.id, Status.FAILED, "permanent", failure.reason[:500])
    except PassingFailure as failure:
        return _again(one, failure.reason, failure.retry_after)
    except Exception as error:  # noqa: BLE001  # a bug in one adapter must not stop the others
        return _again(one, f"error:{type(error).__name__}", None)
    return Outcome(one.id, Status.SENT, "sent", provider_id=sent.provider_id[:255])


def _again(one: Claim, reason: str, retry_after: timedelta | None) -> Outcome:
    age = one.now - one.due_at
    pause = pause_after(one.failures + 1, age=age, retry_after=retry_after)
    if pause is None:
        return Outcome(one.id, Status.FAILED, "gave_up", reason[:500])
    return Outcome(one.id, Status.PLANNED, "passing", reason[:500], pause=pause)


def _message(one: Claim, said: Said) -> Message:
    inbox = reverse("reminders:inbox", kwargs={"slug": one.guild_slug})
    return Message(
        key=key_of(one),
        address=(one.email or "") if one.follows_account else decrypt(one.secret or ""),
        recipient=one.recipient_name,
        guild=one.guild_name,
        title=said.title,
        body=said.body,
        url=urljoin(settings.BASE_URL, said.url) if said.url else "",
        inbox_url=urljoin(settings.BASE_URL, inbox),
        due_at=one.due_at,
        late_by=max(one.now - one.due_at, timedelta()),
        locale=language_or(one.locale or "", one.guild_locale),
        time_zone=zone_or(one.zone or "", one.guild_zone).key,
        links=_links(one),
        thread=key_of(one._replace(step=0)),
        off_url=_off_url(one),
        signing_key=decrypt(one.signing_key) if one.signing_key else "",
    )


def _links(one: Claim) -> acts.Links | None:
    if one.notification_id is None or one.recipient_id is None:
        return None
    return acts.links(
        guild=one.guild_id,
        member=one.recipient_id,
        notification=one.notification_id,
        serial=one.link_serial,
        may_refuse=one.reminder_id is not None and one.maker_id != one.recipient_id,
    )


def _off_url(one: Claim) -> str:
    assert one.destination_id is not None
    return acts.off_link(acts.OffTicket(one.guild_id, one.recipient_id, one.destination_id))


def key_of(one: Claim) -> str:
    origin = one.reminder_id or one.origin
    return idempotency_key(
        one.guild_id, origin, one.slot, one.recipient_id, one.destination_id, one.step
    )
