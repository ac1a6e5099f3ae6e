"""The list of tasks as a page shows it: filters from the address, groups by day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone

from accounts.guild.views import MemberRequest
from accounts.models import Member
from productivity.tags.models import Tag
from productivity.tasks.board import by_day
from productivity.tasks.models import CLOSED, Priority, Status, Task

PER_PAGE = 100
UNDER_WAY = [Status.IN_PROGRESS, Status.REVIEW, Status.BLOCKED]


def listing(request: MemberRequest) -> dict[str, Any]:
    """What the list shows; nine queries, whatever the number of rows."""
    now = timezone.now()
    filters = Filters(request, at=now)
    page = Paginator(filters.rows(), PER_PAGE).get_page(request.GET.get("page"))
    tasks = list(page.object_list)
    late = Task.objects.overdue(at=now).count()
    return {
        "page": page,
        "groups": [] if filters.show == "done" else list(by_day(tasks, at=now)),
        "done": tasks if filters.show == "done" else [],
        "filters": filters,
        "open_count": Task.objects.open().count(),
        "late_count": late,
        "now": now,
    }


class Filters:
    """What the address asks for; what it cannot mean is left out, a page always answers."""

    def __init__(self, request: MemberRequest, *, at: datetime) -> None:
        self.now = at
        self.who = request.GET.get("who", "")
        self.show = "done" if request.GET.get("show") == "done" else "open"
        self.late = request.GET.get("late", "") == "1" and self.show == "open"
        self.status = next((one for one in UNDER_WAY if one == request.GET.get("status")), None)
        self.priority = request.GET.get("priority", "") == "high"
        self.tag = request.GET.get("tag", "")[:50]
        self.text = request.GET.get("q", "")[:200].strip()
        self.people = list(Member.objects.filter(left_at=None).order_by("joined_at", "id"))
        self.on = _day(request.GET.get("on", ""))
        self.me = request.member
        self.tags = list(Tag.objects.in_sight().order_by("name"))

    @property
    def person(self) -> Member | None:
        if self.who == "me":
            return self.me
        return next((member for member in self.people if str(member.pk) == self.who), None)

    @property
    def others(self) -> list[Member]:
        return [member for member in self.people if member.pk != self.me.pk]

    @property
    def next_who(self) -> str | None:
        """Where the chip "Mine" leads: it is a switch."""
        return None if self.who == "me" else "me"

    @property
    def any(self) -> bool:
        narrowed = self.person or self.priority or self.tag or self.text or self.on
        return bool(narrowed or self.late or self.status)

    @property
    def statuses(self) -> list[Status]:
        """Those that a chip is worth; the others are the lists themselves."""
        return UNDER_WAY if self.show == "open" else []

    def rows(self) -> Any:
        rows = Task.objects.live().with_people()
        if self.show == "done":
            rows = rows.filter(status__in=CLOSED).order_by("-updated_at", "-id")
        else:
            rows = rows.exclude(status__in=CLOSED).order_by("due_at", "id")
        if self.person:
            rows = rows.of(self.person.pk)
        if self.late:
            rows = rows.due_before(self.now)
        if self.status and self.show == "open":
            rows = rows.filter(status=self.status)
        if self.priority:
            rows = rows.filter(priority__in=[Priority.HIGH, Priority.URGENT])
        if self.on:
            rows = rows.filter(due_on=self.on)
        if self.tag:
            rows = rows.filter(tagged__tag__name__iexact=self.tag)
        return rows.containing(self.text) if self.text else rows


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
