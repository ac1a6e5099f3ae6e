"""Whom a reminder tells, by which ways, and whom when nobody acts: checked when a member says it,
and linked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, TypedDict
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.guild.links import linked, set_links
from accounts.models import Member
from config.web.errors import Refused
from reminders.models import (
    BY_SOURCE,
    Audience,
    Destination,
    Escalation,
    Reminder,
    ReminderDestination,
    ReminderRecipient,
)
from reminders.sources import source_of

EVERYONE: Literal["everyone"] = "everyone"
WORDS = frozenset({EVERYONE, *BY_SOURCE})
MOST_STAGES = 5
MOST_WAYS = 50
MOST_NAGS = 20
# A week.
LONGEST_PAUSE = 10_080
Recipients = Sequence[Member] | str


class Nag(TypedDict):
    every_minutes: int
    times: int


class Stage(TypedDict):
    """After so many minutes `to` is told; without her the same member, by another way."""

    after_minutes: int
    to: Member | None
    destination: UUID | None


class Named(TypedDict):
    """What is linked to a reminder, as history keeps it."""

    recipients: list[str]
    destinations: list[str]
    escalate: list[dict[str, Any]]


def named(reminder: Reminder) -> Named:
    """Three queries."""
    stages = Escalation.objects.filter(reminder=reminder).order_by("position")
    return Named(
        recipients=linked(ReminderRecipient, "member_id", reminder=reminder),
        destinations=linked(ReminderDestination, "destination_id", reminder=reminder),
        escalate=[_stage(one.after_minutes, one.member_id, one.destination_id) for one in stages],
    )


def say(reminder: Reminder, said: Mapping[str, Any], before: Named) -> Named:
    """What is to be linked; raises Refused for what cannot be, beside its field."""
    after = Named(**before)
    if "recipients" in said:
        after["recipients"] = _people(said["recipients"])
    if "destinations" in said:
        after["destinations"] = sorted({str(pk) for pk in said["destinations"]})
    if "escalate" in said:
        after["escalate"] = [
            _stage(
                one["after_minutes"],
                one["to"].pk if one.get("to") else None,
                one.get("destination"),
            )
            for one in said["escalate"] or []
        ]
    _require_audience(reminder)
    ways = _ways_of(before, after)
    _require_ways(reminder, after, ways, anew="destinations" in said)
    _require_stages(reminder, after, ways, anew="escalate" in said)
    return after


def link(reminder: Reminder, after: Named, before: Named) -> None:
    """Bring the links to exactly these."""
    people, ways = ({UUID(pk) for pk in after[key]} for key in ("recipients", "destinations"))
    set_links(ReminderRecipient, "member", people, reminder=reminder)
    if after["destinations"] != before["destinations"]:
        set_links(ReminderDestination, "destination", ways, reminder=reminder)
    if after["escalate"] != before["escalate"]:
        Escalation.objects.filter(reminder=reminder).delete()
        Escalation.objects.bulk_create(
            Escalation(
                reminder=reminder,
                position=position,
                after_minutes=one["after_minutes"],
                member_id=one["to"],
                destination_id=one["destination"],
            )
            for position, one in enumerate(after["escalate"])
        )


def audience_of(recipients: Recipients) -> str:
    return recipients if isinstance(recipients, str) else Audience.MEMBERS.value


def nothing() -> Named:
    """Of a reminder that is not there yet."""
    return Named(recipients=[], destinations=[], escalate=[])


def _stage(after_minutes: int, to: UUID | None, destination: UUID | None) -> dict[str, Any]:
    return {
        "after_minutes": after_minutes,
        "to": str(to) if to else None,
        "destination": str(destination) if destination else None,
    }


def _people(recipients: Recipients) -> list[str]:
    """The ids of living members, sorted; none where a word says who."""
    if isinstance(recipients, str):
        return []
    if not recipients:
        raise Refused(_("Say who is to be reminded."), "required", field="recipients")
    if any(member.left_at for member in recipients):
        raise Refused(_("Somebody you named has left."), "left", field="recipients")
    return sorted({str(member.pk) for member in recipients})


def _require_audience(reminder: Reminder) -> None:
    if reminder.audience not in BY_SOURCE:
        return
    if reminder.source_id is None:
        text = _("Nothing says who that is: it belongs to nothing.")
        raise Refused(text, "no_source", field="recipients")
    source = source_of(reminder.source_kind)
    if source is None or reminder.audience not in source.audiences:
        text = _("What it belongs to does not know who that is.")
        raise Refused(text, "unknown_audience", field="recipients")


def _ways_of(before: Named, after: Named) -> dict[str, Destination | None]:
    """The ways that are named, by id: of others' own only None is seen, and only where one stands
    there already.
    """
    wanted = {*after["destinations"], *(one["destination"] for one in after["escalate"])} - {None}
    there = {*before["destinations"], *(one["destination"] for one in before["escalate"])}
    rows = Destination.objects.filter(pk__in=wanted, deleted_at=None) if wanted else []
    seen: dict[str, Destination | None] = {str(row.pk): row for row in rows}
    return dict.fromkeys(wanted & there) | seen


def _require_ways(
    reminder: Reminder, after: Named, ways: Mapping[str, Destination | None], *, anew: bool
) -> None:
    for pk in after["destinations"]:
        _require_way(reminder, ways, pk, "destinations", anew=anew)


def _require_way(
    reminder: Reminder,
    ways: Mapping[str, Destination | None],
    pk: str,
    field: str,
    *,
    anew: bool,
) -> None:
    """Raise Refused unless the way is the member's own or the household's, and leads somewhere."""
    if pk not in ways:
        if anew:
            raise Refused(_("There is no such way out."), "unknown", field=field)
        return
    way = ways[pk]
    if way is None:
        return
    if anew and way.switched_off_at is not None:
        text = _("“%(name)s” is switched off.") % {"name": way}
        raise Refused(text, "switched_off", field=field)
    if reminder.is_private and way.member_id is None:
        text = _("What only you see is not told to the whole household.")
        raise Refused(text, "private", field=field)


def _require_stages(
    reminder: Reminder, after: Named, ways: Mapping[str, Destination | None], *, anew: bool
) -> None:
    stages = after["escalate"]
    if len(stages) > MOST_STAGES:
        text = _("At most %(n)s stages.") % {"n": MOST_STAGES}
        raise Refused(text, "too_many", field="escalate")
    if any(one["after_minutes"] > two["after_minutes"] for one, two in pairwise(stages)):
        text = _("A later stage cannot come before an earlier one.")
        raise Refused(text, "order", field="escalate")
    for one in stages:
        if one["destination"]:
            _require_way(reminder, ways, one["destination"], "escalate", anew=anew)
        _require_somebody(reminder, after, one, ways.get(one["destination"] or ""))


def _require_somebody(
    reminder: Reminder, after: Named, stage: Mapping[str, Any], way: Destination | None
) -> None:
    """Raise Refused unless the stage tells somebody who may know, and in another way."""
    to = stage["to"]
    if not to and not stage["destination"]:
        raise Refused(_("Say who is told then, or by which way."), "required", field="escalate")
    if to and reminder.is_private and to != str(reminder.created_by_id):
        text = _("What only you see is told to nobody else when it waits.")
        raise Refused(text, "private", field="escalate")
    alone = reminder.audience == Audience.MEMBERS and after["recipients"] == [to]
    if alone and not stage["destination"]:
        text = _("This member is told already: name another way, or somebody else.")
        raise Refused(text, "no_other_way", field="escalate")
    owner = str(way.member_id) if way and way.member_id else None
    if to and way and owner != to:
        text = _("This is not a way of the member whom you name.")
        raise Refused(text, "not_hers", field="escalate")
    told = reminder.audience != Audience.MEMBERS or owner in after["recipients"]
    if owner and not to and not told:
        text = _("Nobody whom it is for has this way.")
        raise Refused(text, "not_hers", field="escalate")
