"""Ways out as their page shows them: what they are, how they fare, when they are quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, Func, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member
from config.web import words
from reminders.models import Channel, Delivery, Destination, Status
from reminders.reasons import in_words

ICONS = {
    Channel.EMAIL: "mail",
    Channel.PUSH: "phone",
    Channel.WEBHOOK: "link",
    Channel.APPRISE: "send",
}
KINDS = {
    Channel.EMAIL: gettext_lazy("E-mail"),
    Channel.PUSH: gettext_lazy("A browser of yours"),
    Channel.WEBHOOK: gettext_lazy("Signed webhook"),
    Channel.APPRISE: gettext_lazy("By Apprise"),
}


@dataclass(frozen=True, slots=True)
class State:
    text: str
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way out, in words."""

    row: Destination
    icon: str
    name: str
    kind: str
    states: list[State]
    when: list[str]


def last_outcome(*statuses: str) -> Subquery:
    """`{"status", "at", "reason"}` of what was last sent there or given up; null of nothing."""
    written = Func(
        Coalesce(F("sent_at"), F("updated_at")),
        template="to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        output_field=CharField(),
    )
    over = Delivery._base_manager.filter(
        guild=OuterRef("guild_id"),
        destination=OuterRef("pk"),
        status__in=statuses or [Status.SENT, Status.FAILED],
    )
    said = JSONObject(status=F("status"), at=written, reason=F("reason"))
    return Subquery(over.order_by("-due_at", "-id").values_list(said)[:1], output_field=JSONField())


def account_way(member: Member) -> None:
    """Make sure of the way that follows the address of her account, as her first reminder would."""
    if member.user is None or not member.user.email:
        return
    if not Destination.objects.filter(member=member, follows_account=True).exists():
        row = Destination(member=member, channel=Channel.EMAIL, follows_account=True)
        Destination.objects.bulk_create([row], ignore_conflicts=True)


def my_ways(member: Member, *, now: datetime) -> list[Way]:
    account_way(member)
    email = member.user.email if member.user else ""
    return [_way(row, email or "", now) for row in _with_last(Destination.objects.of(member.pk))]


def our_ways(*, now: datetime) -> list[Way]:
    return [_way(row, "", now) for row in _with_last(Destination.objects.of(None))]


def _with_last(rows: QuerySet[Destination]) -> QuerySet[Destination]:
    # No address is decrypted to be looked at.
    rows = rows.defer("secret", "signing_key")
    return rows.annotate(last=last_outcome(), last_sent=last_outcome(Status.SENT))


def _way(row: Any, email: str, now: datetime) -> Way:
    channel = Channel(row.channel)
    return Way(
        row=row,
        icon=ICONS.get(channel, "bell"),
        name=row.name or (_("Your account’s e-mail") if row.follows_account else str(row)),
        kind=f"{KINDS.get(channel, channel.label)} · {email if row.follows_account else row.hint}",
        states=_states(row, now),
        when=_when(row),
    )


def _states(row: Any, now: datetime) -> list[State]:
    found = []
    if row.switched_off_at is not None:
        why = in_words(row.switched_off_reason)
        since = words.since(row.switched_off_at, now=now)
        found.append(
            State(_("Switched off %(since)s.") % {"since": since} + f" {why}", "due", "pause")
        )
    if row.last is not None:
        found.append(_last(row.last, now))
    if row.last_sent is not None and row.last_sent != row.last:
        found.append(_last(row.last_sent, now))
    if row.tested_at is not None:
        found.append(_tested(row, now))
    return found or [State(_("Nothing was sent there yet."))]


def _last(last: dict[str, str], now: datetime) -> State:
    at = words.moment(datetime.fromisoformat(last["at"]), now=now)
    if last["status"] == Status.SENT:
        return State(_("Last sent: %(when)s") % {"when": at}, "good", "check")
    said = {"when": at, "why": in_words(last["reason"])}
    return State(_("Failed: %(when)s. %(why)s") % said, "late", "alert")


def _tested(row: Destination, now: datetime) -> State:
    assert row.tested_at is not None
    said = {"when": words.moment(row.tested_at, now=now), "why": in_words(row.tested_reason)}
    if row.tested_reason:
        return State(_("Test failed: %(when)s. %(why)s") % said, "late", "alert")
    return State(_("Test taken: %(when)s") % said, "good", "check")


def _when(row: Destination) -> list[str]:
    found = [_("for every reminder") if row.by_default else _("only where a reminder names it")]
    if row.quiet_from is not None and row.quiet_until is not None:
        span = {"from": words.clock(row.quiet_from), "until": words.clock(row.quiet_until)}
        found.append(_("quiet from %(from)s to %(until)s") % span)
    return found
