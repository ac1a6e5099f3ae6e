"""The last question before anything goes out: is it still wanted, and what does it say?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse

from accounts.guild.models import Visibility
from reminders.engine.claim import Claim
from reminders.engine.eyes import through_eyes_of
from reminders.models import Channel
from reminders.sources import source_of

log = structlog.get_logger("guildhall.engine")

TOO_LATE = timedelta(hours=24)
TITLE = 255


class Said(NamedTuple):
    """What the member reads."""

    title: str
    body: str
    url: str


class Skip(NamedTuple):
    """Why it is not sent: a code of `reminders.reasons`."""

    reason: str


class Answer(NamedTuple):
    """What a source says of a row that is wanted."""

    text: str = ""
    url: str = ""


Decision = Said | Skip


def decide(claims: Iterable[Claim]) -> list[tuple[Claim, Decision]]:
    """Each claim with what it says, or why it says nothing; sources are asked in batches."""
    # Summaries answer as reminders do, so that module needs this one.
    from reminders.engine.summaries import is_digest, summarise

    claims = list(claims)
    early = {one.id: _refuse(one) for one in claims}
    answers = _ask([one for one in claims if early[one.id] is None and one.source_id])
    days = summarise([one for one in claims if early[one.id] is None and is_digest(one)])
    return [
        (one, early[one.id] or days.get(one.id) or _say(one, answers.get(one.id))) for one in claims
    ]


def _refuse(one: Claim) -> Skip | None:
    """What speaks against it without asking anybody."""
    private = one.visibility == Visibility.PRIVATE
    reasons = [
        ("guild_closed", not one.guild_open),
        ("left", one.recipient_left_at is not None),
        ("deleted", one.deleted_at is not None),
        (one.closed_reason or "closed", one.closed_at is not None),
        ("done", one.done_at is not None),
        ("maker_left", private and one.maker_left_at is not None),
        # What she put off herself comes back all the same.
        ("edited", not one.named and one.step == 0),
    ]
    if one.channel != Channel.INBOX:
        reasons += [
            ("switched_off", one.switched_off_at is not None),
            ("inactive", one.user_active is False),
            ("no_mail_server", one.channel == Channel.EMAIL and not settings.MAIL_IS_SET_UP),
            ("no_address", bool(one.follows_account) and not one.email),
            ("too_late", not one.failures and one.now - one.due_at > TOO_LATE),
        ]
    return next((Skip(reason) for reason, against in reasons if against), None)


def _ask(claims: list[Claim]) -> dict[UUID, Answer]:
    """What the sources say, per delivery; a group is asked with the same eyes."""
    groups: dict[tuple[UUID, UUID | None, str], list[Claim]] = defaultdict(list)
    for one in claims:
        assert one.source_kind is not None
        groups[one.guild_id, _eyes(one), one.source_kind].append(one)
    answers: dict[UUID, Answer] = {}
    for (guild, eyes, kind), group in groups.items():
        ids = list({one.source_id for one in group if one.source_id})
        with through_eyes_of(guild, eyes, group[0].maker_user_id):
            found = _ask_source(kind, ids)
        answers |= {one.id: found[one.source_id] for one in group if one.source_id in found}
    return answers


def _eyes(one: Claim) -> UUID | None:
    """The maker, for herself and for those whom she tells of what only she sees. What a reminder
    of the household says to others the household must see: any member can name herself in it.
    """
    own = one.visibility == Visibility.PRIVATE or one.recipient_id == one.maker_id
    return one.maker_id if own and one.maker_left_at is None else None


def _ask_source(kind: str, ids: list[UUID]) -> dict[UUID, Answer]:
    """What the source says of those that are wanted. One that breaks must not hold up what others
    are waiting for: its reminders go out with what they say themselves.
    """
    source = source_of(kind)
    if source is None:
        return {}
    try:
        with transaction.atomic():
            wanted = list(source.wanted(ids))
            texts, urls = source.text(wanted), source.url(wanted)
            return {pk: Answer(texts.get(pk, ""), urls.get(pk, "")) for pk in wanted}
    except (OperationalError, InterfaceError):
        raise  # the database is away: everybody waits
    except Exception:
        log.exception("source.failed", kind=kind)
        return {pk: Answer() for pk in ids}


def _say(one: Claim, answer: Answer | None) -> Decision:
    if one.reminder_id is None:
        return Said(one.title, one.body, one.url)
    if one.source_id and answer is None:
        return Skip("source:gone")
    message, source_text = (one.message or "").replace("\r\n", "\n"), answer.text if answer else ""
    title, body = (message, source_text) if message.strip() else (source_text, "")
    if len(title) > TITLE or "\n" in title:
        first = title.split("\n", 1)[0]
        title, body = _shorten(first), title if not body else f"{title}\n\n{body}"
    return Said(title or one.title, body, (answer.url if answer else "") or _own_url(one))


def _own_url(one: Claim) -> str:
    """The reminder's page, for those who may see it."""
    if one.visibility == Visibility.PRIVATE and one.maker_id != one.recipient_id:
        return ""
    return reverse("reminders:detail", kwargs={"slug": one.guild_slug, "pk": one.reminder_id})


def _shorten(text: str) -> str:
    return text if len(text) <= TITLE else f"{text[: TITLE - 1]}…"
