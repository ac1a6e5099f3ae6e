"""What a member's day holds: seven queries, whatever the household has piled up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from accounts.models import Member
from productivity.tasks.models import Task
from reminders.models import Notification, Reminder

MOST_TASKS = 12
MOST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Peg:
    """One day of the week strip."""

    on: date
    count: int
    is_today: bool


@dataclass(frozen=True)
class Day:
    member: Member
    at: datetime
    today: date
    tasks: list[Task]
    done: list[Task]
    late_count: int
    due_count: int
    week: list[Peg]
    waiting: list[Notification]
    coming: list[Reminder]

    @property
    def greeting(self) -> str:
        hour = timezone.localtime(self.at).hour
        if hour < 5:
            return _("Good night, %(name)s") % {"name": self.member.name}
        if hour < 11:
            return _("Good morning, %(name)s") % {"name": self.member.name}
        if hour < 18:
            return _("Good day, %(name)s") % {"name": self.member.name}
        return _("Good evening, %(name)s") % {"name": self.member.name}

    @cached_property
    def more(self) -> int:
        """How many late and due tasks there is no room for."""
        return self.late_count + self.due_count - len(self.tasks)

    @property
    def is_empty(self) -> bool:
        return not (self.tasks or self.waiting or self.coming or self.done)


def day_of(member: Member, *, at: datetime) -> Day:
    """The day as this member may see it, in the active time zone."""
    today = timezone.localdate(at)
    zone = timezone.get_current_timezone()
    start = datetime.combine(today, time.min, zone)
    end = datetime.combine(today + timedelta(days=1), time.min, zone)
    # A task without a time ends its day at that midnight, in its own zone.
    due_today = Q(due_at__gt=at) & (Q(due_at__lt=end) | Q(due_on=today, due_time=None))
    counts = Task.objects.open().aggregate(
        late=Count("pk", filter=Q(due_at__lte=at)), due=Count("pk", filter=due_today)
    )
    tasks = Task.objects.open().filter(Q(due_at__lte=at) | due_today).with_people()
    done = Task.objects.live().filter(completed_at__gte=start, completed_at__lt=end)
    return Day(
        member=member,
        at=at,
        today=today,
        tasks=list(tasks.order_by("due_at", "id")[:MOST_TASKS]),
        done=list(done.with_people().order_by("-completed_at")[:MOST_ROWS]),
        late_count=counts["late"],
        due_count=counts["due"],
        week=_week(today),
        waiting=list(Notification.objects.waiting()[:MOST_ROWS]),
        coming=list(Reminder.objects.upcoming(at=at, until=end + timedelta(days=1))[:MOST_ROWS]),
    )


def _week(today: date) -> list[Peg]:
    """The week around today, from the locale's first day on, with how much is due."""
    first_day = int(get_format("FIRST_DAY_OF_WEEK"))  # 0 is Sunday
    first = today - timedelta(days=(today.isoweekday() - first_day) % 7)
    days = [first + timedelta(days=offset) for offset in range(7)]
    rows = Task.objects.open().filter(due_on__range=(days[0], days[-1])).values("due_on")
    counts: dict[date, Any] = {row["due_on"]: row["n"] for row in rows.annotate(n=Count("pk"))}
    return [Peg(day, counts.get(day, 0), day == today) for day in days]


