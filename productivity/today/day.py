"""What a member's day holds: six queries, whatever the household has piled up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from accounts.models import Member
from productivity.tasks.models import CLOSED, Task
from reminders.models import Notification, Reminder
from reminders.sources import entitle

MOST = 14
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
    counts = _counts(at, today, due_today)
    wanted = Task.objects.live().filter(
        Q(completed_at__gte=start, completed_at__lt=end)
        | ~Q(status__in=CLOSED) & (Q(due_at__lte=at) | due_today)
    )
    # One query for both: what is open first, then what is done, the latest first.
    rows = list(
        wanted.with_people().order_by(
            "completed", F("completed_at").desc(nulls_last=True), "due_at", "id"
        )[:MOST]
    )
    tasks = [task for task in rows if not task.completed]
    return Day(
        member=member,
        at=at,
        today=today,
        tasks=tasks,
        done=rows[len(tasks) :],
        late_count=counts["late"],
        due_count=counts["due"],
        week=[Peg(day, counts[f"on_{day:%Y%m%d}"], day == today) for day in week_of(today)],
        waiting=list(Notification.objects.waiting()[:MOST_ROWS]),
        coming=_coming(at, end + timedelta(days=1)),
    )


def _coming(at: datetime, until: datetime) -> list[Reminder]:
    rows = list(Reminder.objects.upcoming(at=at, until=until)[:MOST_ROWS])
    entitle(rows)
    return rows


def week_of(today: date) -> list[date]:
    """The seven days around today, from the locale's first day of the week on."""
    first_day = int(get_format("FIRST_DAY_OF_WEEK"))  # 0 is Sunday
    first = today - timedelta(days=(today.isoweekday() - first_day) % 7)
    return [first + timedelta(days=offset) for offset in range(7)]


def _counts(at: datetime, today: date, due_today: Q) -> dict[str, int]:
    """How many tasks are late, due today, and due on each day of the week, in one look."""
    days = {f"on_{day:%Y%m%d}": Count("pk", filter=Q(due_on=day)) for day in week_of(today)}
    counts: dict[str, int] = Task.objects.open().aggregate(
        late=Count("pk", filter=Q(due_at__lte=at)), due=Count("pk", filter=due_today), **days
    )
    return counts
