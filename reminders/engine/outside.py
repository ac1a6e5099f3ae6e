"""The ways out that lead to somebody else's machine, and what becomes of one message there."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.urls import reverse

from accounts.secrets import InvalidToken, decrypt
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
from reminders.channels.push import Push, subscription
from reminders.channels.webhook import Webhook
from reminders.engine.claim import Claim
from reminders.engine.decide import Said
from reminders.engine.limits import Place
from reminders.engine.outcomes import Outcome
from reminders.models import Channel, Status

WAYS: dict[str, Way] = {
    Channel.EMAIL: Email(),
    Channel.PUSH: Push(),
    Channel.WEBHOOK: Webhook(),
    Channel.APPRISE: Apprise(),
}


class Landed(NamedTuple):
    """How one attempt ended, and for how long its provider wants to be left alone."""

    outcome: Outcome
    pause: timedelta | None = None


def send(way: Way, one: Claim, said: Said) -> Landed:
    """Send it, in a thread without a database; how it ended."""
    try:
        sent = way.send(_message(one, said, offers=getattr(way, "offers_acts", True)))
    except Gone as failure:
        return Landed(Outcome(one.id, Status.FAILED, "gone", failure.reason[:500]))
    except PermanentFailure as failure:
        return Landed(Outcome(one.id, Status.FAILED, "permanent", failure.reason[:500]))
    except PassingFailure as failure:
        again = _again(one, failure.reason, failure.retry_after)
        return Landed(again, failure.retry_after)
    except Exception as error:  # noqa: BLE001  # a bug in one adapter must not stop the others
        return Landed(_again(one, f"error:{type(error).__name__}", None))
    return Landed(Outcome(one.id, Status.SENT, "sent", provider_id=sent.provider_id[:255]))


def place_of(one: Claim) -> Place:
    """By what the limits count it: its destination, and the machine or service that is asked."""
    provider = _provider(one.channel, one.secret or "")
    return Place(one.id, str(one.destination_id), f"{one.channel}:{provider}")


# Of the same few places thousands of times a day.
_opened = lru_cache(10_000)(decrypt)


@lru_cache(10_000)
def _provider(channel: str, secret: str) -> str:
    if not secret or channel == Channel.EMAIL:
        return ""
    try:
        address = _opened(secret)
        parts = urlsplit(subscription(address).endpoint if channel == Channel.PUSH else address)
        return (parts.scheme.startswith("http") and parts.hostname) or parts.scheme
    except (ValueError, InvalidToken):
        return ""


def _again(one: Claim, reason: str, retry_after: timedelta | None) -> Outcome:
    pause = pause_after(one.failures + 1, age=one.late_by, retry_after=retry_after)
    if pause is None:
        return Outcome(one.id, Status.FAILED, "gave_up", reason[:500])
    return Outcome(one.id, Status.PLANNED, "passing", reason[:500], pause=pause)


def _message(one: Claim, said: Said, *, offers: bool) -> Message:
    key = key_of(one)
    return Message(
        key=key,
        address=(one.email or "") if one.follows_account else _opened(one.secret or ""),
        recipient=one.recipient_name,
        guild=one.guild_name,
        title=said.title,
        body=said.body,
        url=urljoin(settings.BASE_URL, said.url) if said.url else "",
        inbox_url=_inbox_url(one.guild_slug),
        due_at=one.due_at,
        late_by=one.late_by,
        urgent=bool(one.urgent),
        locale=language_or(one.locale or "", one.guild_locale),
        time_zone=zone_or(one.zone or "", one.guild_zone).key,
        is_digest=one.reminder_id is None and one.origin.startswith("digest:"),
        thread=key_of(one, 0) if one.step else key,
        links=_links(one) if offers else None,
        off_url=_off_url(one) if offers else "",
        signing_key=_opened(one.signing_key) if one.signing_key else "",
    )


@lru_cache(1000)
def _inbox_url(slug: str) -> str:
    return urljoin(settings.BASE_URL, reverse("reminders:inbox", kwargs={"slug": slug}))


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


def key_of(one: Claim, step: int | None = None) -> str:
    """Of this round, or of another one of the same message."""
    origin = one.reminder_id or one.origin
    step = one.step if step is None else step
    return idempotency_key(
        one.guild_id, origin, one.slot, one.recipient_id, one.destination_id, step
    )
