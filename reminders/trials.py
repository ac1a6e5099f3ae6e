"""A test message to one way out, sent at once and outside any transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Member
from config.web.api.throttles import spend
from config.web.chosen import language_or
from config.web.errors import conflict, forbidden
from reminders.channels.addresses import is_confirmed
from reminders.channels.base import (
    Gone,
    Message,
    PassingFailure,
    PermanentFailure,
    idempotency_key,
)
from reminders.destinations import may_change
from reminders.engine.outside import WAYS
from reminders.models import Channel, Destination
from reminders.reasons import in_words

log = structlog.get_logger("guildhall.delivery")

A_MINUTE = 6


class Outcome(NamedTuple):
    """How it ended: a code of `reminders.reasons` or what was answered, '' for well."""

    reason: str
    gone: bool = False


def prepare(destination: Destination, *, by: Member, at: datetime) -> Message:
    """The message, for `send` once the transaction is over.

    Raises Refused for one that is not hers to try and for a way that leads nowhere here, and
    Problem (429) for too many.
    """
    if not may_change(destination, by=by):
        raise forbidden(_("Your role does not allow this."))
    if destination.channel not in WAYS:
        raise conflict(_("This way cannot be tried."), "no_way")
    if destination.channel == Channel.EMAIL and not settings.MAIL_IS_SET_UP:
        raise conflict(_("No mail server is set up here."), "no_mail_server")
    typed = destination.channel == Channel.EMAIL and not destination.follows_account
    if typed and not is_confirmed(destination.secret, member=destination.member_id):
        raise conflict(in_words("unconfirmed"), "unconfirmed")
    assert by.user is not None
    spend(f"trial:{by.user_id}", A_MINUTE)
    locale = language_or(by.user.locale, by.guild.locale)
    page = urljoin(
        settings.BASE_URL, reverse("reminders:destinations", kwargs={"slug": by.guild.slug})
    )
    with translation.override(locale):
        title = _("A test from Guildhall")
        body = _("Reminders for %(name)s arrive here.") % {
            "name": by.guild.name if destination.is_shared else by.nickname
        }
    return Message(
        key=idempotency_key(
            by.guild_id, "trial", at.isoformat(), destination.member_id, destination.pk, 0
        ),
        address=(by.user.email or "") if destination.follows_account else destination.secret,
        recipient=by.guild.name if destination.is_shared else by.nickname,
        guild=by.guild.name,
        title=title,
        body=body,
        url=page,
        inbox_url=page,
        due_at=at,
        late_by=timedelta(),
        locale=locale,
        time_zone=by.home_zone,
        signing_key=destination.signing_key,
    )


def send(channel: str, message: Message) -> Outcome:
    """Hand it over and say how that went; call it outside any transaction."""
    try:
        WAYS[channel].send(message)
    except Gone as failure:
        return Outcome(failure.reason, gone=True)
    except (PassingFailure, PermanentFailure) as failure:
        return Outcome(failure.reason or "not_taken")
    except Exception as error:  # noqa: BLE001  # a plugin of somebody else's may raise anything
        # Its words may hold the address.
        log.warning("trial.broke", channel=channel, error=type(error).__name__)
        return Outcome(f"error:{type(error).__name__}")
    return Outcome("")
