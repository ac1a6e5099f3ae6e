"""Why did I (not) get it? Of all reminders at once, and of what never was one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.guild.views import MemberRequest, guild_view
from reminders import archives
from reminders.asking import Asked, stems, understood
from reminders.models import Channel, Delivery, Status
from reminders.rules import instant_slot
from reminders.stories import Place, latest, tell, told_again
from reminders.unplanned import unplanned

PER_PAGE = 30
LONGEST = 200
Chosen = dict[str, str]
Months = list[tuple[date, int]]


@require_GET
@guild_view
def index(request: MemberRequest) -> HttpResponse:
    """What came and what did not, the latest first; `q` asks as a person would, `month` opens one
    that is archived.
    """
    now = timezone.now()
    question = request.GET.get("q", "").strip()[:LONGEST]
    asked = understood(question, today=timezone.localdate(now))
    chosen = {
        "channel": _chosen(request, "channel", Channel.values),
        "status": _chosen(request, "status", Status.values),
    }
    kept, cursor = archives.months(), _place(request.GET.get("cursor", ""))
    context: dict[str, Any] = {
        "question": question,
        "asked": asked,
        "chosen": chosen,
        "is_narrowed": bool(question or any(chosen.values())),
        "channels": Channel.choices,
        "statuses": Status.choices,
    }
    if month := _month(request.GET.get("month", ""), kept):
        old, more = archives.archived(
            month,
            of=request.member,
            most=PER_PAGE,
            after=cursor,
            matches=partial(_is_asked, asked, chosen),
        )
        context |= {"month": month, "stories": told_again(old), "cursor": _behind(more)}
    else:
        context |= _told(request, asked, chosen, kept, cursor, now)
    return render(request, "reminders/deliveries.html", context)


def _told(
    request: MemberRequest, asked: Asked, chosen: Chosen, kept: Months, cursor: Any, now: datetime
) -> dict[str, Any]:
    """What stands as rows; of a day that is archived also that, and what was not even planned."""
    heads, more = latest(_rows(asked, chosen), of=request.member, most=PER_PAGE, after=cursor)
    told = tell(heads)
    if asked.day and not cursor:
        month = asked.day.replace(day=1)
        old = []
        if month in dict(kept):
            found = archives.archived_on(*_day(asked.day), month=month, of=request.member)
            old = [one for one in found if _is_asked(asked, chosen, one)]
        told += told_again(old)
        if not any(chosen.values()):
            known = [archives.occurrence_of(one) for one in old]
            told += unplanned(asked, of=request.member, at=now, known=known)
        told.sort(key=lambda story: story.due_at, reverse=True)
    return {
        "stories": told,
        "cursor": _behind(more),
        "months": [] if cursor or more else kept,
    }


def _is_asked(asked: Asked, chosen: Chosen, one: archives.Occurrence) -> bool:
    """Whether the address asks for this one."""
    said = {name: value for name, value in chosen.items() if value}
    words = archives.words_of(one)
    return (
        all(word in words for word in stems(asked.words))
        and (asked.day is None or timezone.localdate(one[0].due_at) == asked.day)
        and (not said or any(_is_like(way, said) for way in one))
    )


def _is_like(way: Delivery, said: Chosen) -> bool:
    return all(getattr(way, name) == value for name, value in said.items())


def _month(text: str, kept: Months) -> date | None:
    """2025-03; raises Http404 for one that is not kept."""
    if not text:
        return None
    found = next((month for month, _count in kept if f"{month:%Y-%m}" == text), None)
    if found is None:
        raise Http404
    return found


def _rows(asked: Asked, chosen: Chosen) -> Any:
    rows = Delivery.objects.about(stems(asked.words))
    if asked.day:
        start, end = _day(asked.day)
        rows = rows.filter(due_at__gte=start, due_at__lt=end)
    said = {name: value for name, value in chosen.items() if value}
    return rows.like(**said) if said else rows


def _day(day: date) -> tuple[datetime, datetime]:
    """Its first instant, and that of the next one."""
    start = datetime.combine(day, time.min, timezone.get_current_timezone())
    return start, start + timedelta(days=1)


def _chosen(request: MemberRequest, name: str, values: list[str]) -> str:
    """What the address says, '' for what means nothing."""
    said = request.GET.get(name, "")
    return said if said in values else ""


def _behind(place: Place | None) -> str:
    return f"{instant_slot(place[0])}~{place[1]}" if place else ""


def _place(text: str) -> Place | None:
    """Behind which row to go on; raises Http404 for what is not ours."""
    if not text:
        return None
    at, _tilde, pk = text.partition("~")
    try:
        place = datetime.fromisoformat(at), UUID(pk)
    except ValueError as error:
        raise Http404 from error
    if place[0].tzinfo is None:
        raise Http404
    return place
