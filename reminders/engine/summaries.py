"""What a morning summary says: asked at the last moment, with the eyes of the member herself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Absence, Member
from config.web.chosen import language_or, zone_or
from reminders import digests
from reminders.engine.claim import Claim, hold
from reminders.engine.decide import Decision, Said, Skip
from reminders.engine.digests import ORIGIN
from reminders.engine.eyes import through_eyes_of
from reminders.models import Channel, Digest

log = structlog.get_logger("guildhall.engine")


def is_digest(one: Claim) -> bool:
    return one.reminder_id is None and one.origin.startswith(ORIGIN)


def summarise(claims: Iterable[Claim], *, holding: Collection[UUID]) -> dict[UUID, Decision]:
    """What each of these summaries says now, or why it says nothing. What is in the inbox already
    is said by the other ways, too. Since it takes long, what is `holding` stays this worker's.
    """
    said: dict[UUID, Decision] = {}
    for one in claims:
        before = _said_before(one)
        said[one.id] = before or _safely(one)
        if before is None:
            hold(holding)
    return said


def _said_before(one: Claim) -> Decision | None:
    if one.arrived_at is None or one.channel == Channel.INBOX:
        return None
    return _by(one.channel, Said(one.title, one.body, one.url))


def _safely(one: Claim) -> Decision:
    try:
        with (
            translation.override(language_or(one.locale or "", one.guild_locale)),
            timezone.override(zone_or(one.zone or "", one.guild_zone)),
            through_eyes_of(one.guild_id, one.recipient_id, None),
        ):
            return _by(one.channel, _summary(one))
    except (OperationalError, InterfaceError):
        raise  # the database is away: everybody waits
    except Exception:
        # A section that breaks holds up nobody else.
        log.exception("digest.failed", delivery=str(one.id))
        return Skip("error:digest")


def _summary(one: Claim) -> Decision:
    """At most two queries a section, and three."""
    assert one.recipient_id is not None
    member = Member.objects.select_related("guild", "user").get(pk=one.recipient_id)
    digest = Digest.objects.get(member=member)
    today = one.now.astimezone(zone_or(one.guild_zone)).date()
    away = Absence.objects.live().filter(member=member).touching(today, today)
    if not digest.is_on:
        return Skip("edited")
    if not digest.also_away and away.exists():
        return Skip("away")
    parts = digests.parts_of(member, digest.contents, at=one.now)
    if not parts and not digest.also_empty:
        return Skip("nothing_to_say")
    title = _("Your day, %(name)s") % {"name": member.name}
    url = reverse("today:index", kwargs={"slug": one.guild_slug})
    return Said(title, digests.written(parts) or digests.nothing(), url)


def _by(channel: str, decision: Decision) -> Decision:
    """With links where they can be shown."""
    if isinstance(decision, Said) and channel not in (Channel.INBOX, Channel.EMAIL):
        return decision._replace(body=digests.plain(decision.body))
    return decision
