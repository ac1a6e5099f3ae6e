"""The last question before anything goes out: is it still wanted, and what does it say?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.guild.models import Visibility
from config.web.chosen import language_or, zone_or
from reminders.engine.claim import Claim
from reminders.engine.eyes import through_eyes_of
from reminders.engine.people import people_of
from reminders.models import BY_SOURCE, Audience, Because, Cause, Channel
from reminders.reasons import NOT_ME
from reminders.sources import source_of
from reminders.wording import in_a_row

log = structlog.get_logger("guildhall.engine")

TOO_LATE = timedelta(hours=24)
MOMENT = timedelta(seconds=1)
TITLE = 255
NO_ID = str(UUID(int=0))


class Said(NamedTuple):
    """What the member reads."""

    title: str
    body: str
    url: str


class Skip(NamedTuple):
    """Why it is not sent: a code of `reminders.reasons`."""

    reason: str


class Later(NamedTuple):
    """Not before then, and why: a code of `reminders.reasons`."""

    until: datetime
    reason: str


class Answer(NamedTuple):
    """What a source says of a row that is wanted; `people` is None where it was not asked."""

    text: str = ""
    url: str = ""
    people: Collection[UUID] | None = None


Decision = Said | Skip | Later
# What follows an arrival and is no wish of her own, so it ends with what it follows.
ROUNDS = {Cause.NAG, Cause.ESCALATE}


def decide(claims: Iterable[Claim]) -> list[tuple[Claim, Decision]]:
    """Each claim with what it says, or why it says nothing; sources are asked in batches."""
    # Summaries answer as reminders do, so that module needs this one.
    from reminders.engine.summaries import is_digest, summarise

    claims = list(claims)
    early = {one.id: _refuse(one) or _wait(one) for one in claims}
    answers = _ask([one for one in claims if early[one.id] is None and one.source_id])
    unsaid = [one for one in claims if early[one.id] is None and is_digest(one)]
    days = summarise(unsaid, holding=early)
    return [
        (one, early[one.id] or days.get(one.id) or _say(one, answers.get(one.id))) for one in claims
    ]


def _refuse(one: Claim) -> Skip | None:
    """What speaks against it without asking anybody."""
    return next((Skip(reason) for reason, against in _reasons(one) if against), None)


def _reasons(one: Claim) -> Iterator[tuple[str, bool]]:
    """Each in turn with whether it holds."""
    private = one.visibility == Visibility.PRIVATE
    yield from (
        ("guild_closed", not one.guild_open),
        ("left", one.recipient_left_at is not None),
        ("deleted", one.deleted_at is not None),
        (one.closed_reason or "closed", one.closed_at is not None),
        ("done", one.done_at is not None),
        (f"acted:{one.first_id}", one.first_done_at is not None),
        ("maker_left", private and one.maker_left_at is not None),
        # What she put off herself comes back all the same.
        ("edited", not one.named and one.cause != Cause.SNOOZE),
        ("edited", one.cause == Cause.NAG and not one.nags),
        ("edited", private and _concerns_others(one)),
        ("paused", one.paused_at is not None and one.cause in ROUNDS),
        ("away", one.channel == Channel.INBOX and _is_away(one)),
    )
    if one.channel != Channel.INBOX:
        yield from (
            ("switched_off", one.switched_off_at is not None),
            ("inactive", one.user_active is False),
            ("no_mail_server", one.channel == Channel.EMAIL and not settings.MAIL_IS_SET_UP),
            ("no_address", bool(one.follows_account) and not one.email),
            ("unconfirmed", one.confirmed is False),
            ("too_late", not one.is_tried_again and one.is_later_than(TOO_LATE)),
        )


def _concerns_others(one: Claim) -> bool:
    """Whether it goes to somebody whom a reminder that is private by now must not be told to: the
    household, or who is told because another did not act.
    """
    told_instead = one.because == Because.ESCALATED and one.recipient_id != one.maker_id
    return one.recipient_id is None or told_instead


def _is_away(one: Claim) -> bool:
    """Whether she is away on the day on which it is due, by the household's calendar."""
    if not one.away:
        return False
    day = one.due_at.astimezone(zone_or(one.guild_zone)).date()
    return any(day in days for days in one.away)


def _wait(one: Claim) -> Later | None:
    """Until her quiet hours are over; the inbox has none, and what is urgent passes them. Of who
    is away the inbox decides: it may come to her all the same, where it came to nobody else. What
    came there is decided, whatever she said of her absence since.
    """
    if one.channel == Channel.INBOX:
        return None
    if one.arrived_at is None and _is_away(one):
        return Later(one.now + MOMENT, "inbox_first")
    until = one.quiet_from and one.quiet.end(one.now)
    return Later(until, f"quiet:{until:%Y-%m-%dT%H:%MZ}") if until else None


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
            named = {
                audience: people_of(kind, ids, audience)
                for audience in {one.audience or "" for one in group} & BY_SOURCE
            }
        for one in group:
            if one.source_id in found:
                people = named.get(one.audience or "")
                answer = found[one.source_id]
                if people is not None:
                    answer = answer._replace(people=people.get(one.source_id, ()))
                answers[one.id] = answer
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
    if answer and _is_another_ones(one, answer):
        return Skip("reassigned")
    message, source_text = (one.message or "").replace("\r\n", "\n"), answer.text if answer else ""
    title, body = (message, source_text) if message.strip() else (source_text, "")
    first, _, rest = title.partition("\n")
    if rest or len(title) > TITLE:
        # What the title holds in full is not said twice.
        more = title if len(first) > TITLE else rest
        title, body = first, more if not body else f"{more}\n\n{body}"
    title = title or one.title
    if one.first_name or one.because or one.people is not None:
        with translation.override(language_or(one.locale or "", one.guild_locale)):
            title, body = _for_whom(one, title, body)
    return Said(_shorten(title), body, (answer.url if answer else "") or _own_url(one))


def _is_another_ones(one: Claim, answer: Answer) -> bool:
    """Whether somebody else has to do it by now."""
    asked = answer.people is not None and one.cause in (Cause.FIRST, Cause.NAG)
    own = one.recipient_id is not None and not one.because
    return asked and own and one.recipient_id not in (answer.people or ())


def _for_whom(one: Claim, title: str, body: str) -> tuple[str, str]:
    """Why she is told what was for others, and to the household: whom it is for."""
    says = {"name": one.first_name, "title": title}
    if one.first_name and one.first_closed_reason == NOT_ME:
        return gettext("%(name)s passed it on: %(title)s") % says, body
    if one.first_name:
        return gettext("%(name)s has not acted on: %(title)s") % says, body
    lines = []
    if one.because == Because.NOBODY:
        lines.append(gettext("Nobody is assigned, so it comes to you."))
    elif one.because == Because.UNASKED:
        lines.append(gettext("It could not be asked whom this is for, so it comes to you."))
    elif one.because == Because.ALL_AWAY:
        lines.append(gettext("Nobody of those it is for is here, so it comes to you."))
    elif one.people is not None and one.audience == Audience.EVERYONE:
        lines.append(gettext("For everyone"))
    elif one.people:
        lines.append(gettext("For %(names)s") % {"names": in_a_row(one.people)})
    return title, "\n\n".join([*lines, body] if body else lines)


def _own_url(one: Claim) -> str:
    """The reminder's page, for those who may see it."""
    if one.visibility == Visibility.PRIVATE and one.maker_id != one.recipient_id:
        return ""
    return _page(one.guild_slug).replace(NO_ID, str(one.reminder_id))


@lru_cache(1000)
def _page(slug: str) -> str:
    """Where a reminder of this household stands; NO_ID stands for its own."""
    return reverse("reminders:detail", kwargs={"slug": slug, "pk": NO_ID})


def _shorten(text: str) -> str:
    return text if len(text) <= TITLE else f"{text[: TITLE - 1]}…"
