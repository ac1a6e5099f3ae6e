"""Why did I (not) get it? Of all reminders at once, and of what never was one."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.guild.views import MemberRequest, guild_view
from reminders.asking import Asked, stems, understood
from reminders.models import Channel, Delivery, Status
from reminders.rules import instant_slot
from reminders.stories import Place, latest, tell
from reminders.unplanned import unplanned

PER_PAGE = 30
LONGEST = 200


@require_GET
@guild_view
def index(request: MemberRequest) -> HttpResponse:
    """What came and what did not, the latest first; `q` asks as a person would."""
    now = timezone.now()
    question = request.GET.get("q", "").strip()[:LONGEST]
    asked = understood(question, today=timezone.localdate(now))
    chosen = {
        "channel": _chosen(request, "channel", Channel.values),
        "status": _chosen(request, "status", Status.values),
    }
    cursor = _place(request.GET.get("cursor", ""))
    heads, more = latest(_rows(asked, chosen), of=request.member, most=PER_PAGE, after=cursor)
    told = tell(heads)
    if not cursor and not any(chosen.values()):
        told = [*unplanned(asked, of=request.member, at=now), *told]
        told.sort(key=lambda story: story.due_at, reverse=True)
    context: dict[str, Any] = {
        "stories": told,
        "cursor": f"{instant_slot(more[0])}~{more[1]}" if more else "",
        "question": question,
        "asked": asked,
        "chosen": chosen,
        "is_narrowed": bool(question or any(chosen.values())),
        "channels": Channel.choices,
        "statuses": [each for each in Status.choices if each[0] != Status.SENDING],
    }
    return render(request, "reminders/deliveries.html", context)


def _rows(asked: Asked, chosen: dict[str, str]) -> Any:
    rows = Delivery.objects.about(stems(asked.words))
    if asked.day:
        start = datetime.combine(asked.day, time.min, timezone.get_current_timezone())
        rows = rows.filter(due_at__gte=start, due_at__lt=start + timedelta(days=1))
    said = {name: value for name, value in chosen.items() if value}
    return rows.like(**said) if said else rows


def _chosen(request: MemberRequest, name: str, values: list[str]) -> str:
    """What the address says, '' for what means nothing."""
    said = request.GET.get(name, "")
    return said if said in values else ""


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
