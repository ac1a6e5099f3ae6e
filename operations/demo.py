"""A small household to look at: five people, what they have to do and are reminded of."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.actions.absence import add_absence
from accounts.actions.guild import create_guild
from accounts.actions.member import recount
from accounts.guild.scope import guild_scope
from accounts.models import Member, Role, User
from productivity.tasks.actions import TaskFields, add_task, complete_task
from productivity.tasks.models import Task
from reminders.actions import remind

PASSWORD = "larkspur-house"  # noqa: S105  # printed, and good for the demo household alone
OWNER = "hanna@larkspur.example"
OTHERS = [
    ("Tom", "tom@larkspur.example", Role.ADMIN),
    ("Juna", "juna@larkspur.example", Role.MEMBER),
    ("Milo", "", Role.MEMBER),
    ("Ravi", "ravi@larkspur.example", Role.VIEWER),
]


@transaction.atomic
def make_demo(*, at: datetime, time_zone: str, language: str) -> bool:
    """Found Larkspur House with everything in it; False when it is there already."""
    if User.objects.filter(email=OWNER).exists():
        return False
    hanna = create_guild(
        by=_person("Hanna", OWNER),
        at=at,
        name="Larkspur House",
        time_zone=time_zone,
        locale=language,
    )
    with guild_scope(hanna.guild_id, hanna):
        people = {"Hanna": hanna}
        for colour, (name, email, role) in enumerate(OTHERS, start=2):
            people[name] = Member.objects.create(
                user=_person(name, email) if email else None,
                role=role,
                nickname=name,
                colour=colour,
                joined_at=at,
            )
        recount(hanna.guild_id)
        with translation.override(language):
            _write_reminders(people, _write_tasks(people, at), at)
        today = hanna.guild.day(at)
        days = {"from_on": today, "until_on": today + timedelta(days=3)}
        add_absence(by=hanna, member=people["Ravi"], **days)
    return True


def _person(name: str, email: str) -> User:
    user = User.objects.create_user(email, PASSWORD, first_name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _write_tasks(people: dict[str, Member], at: datetime) -> Task:
    """The last one that has a time."""
    today = timezone.localdate(at, ZoneInfo(people["Hanna"].guild.time_zone))
    hanna, tom, juna, milo = (people[name] for name in ("Hanna", "Tom", "Juna", "Milo"))
    rows = [
        (hanna, _("Sign Juna’s trip form"), 0, None, "high", [hanna], [_("School")]),
        (tom, _("Water the tomatoes"), 0, None, "medium", [milo], [_("Garden")]),
        (hanna, _("Pack Milo’s swimming bag"), 1, time(7, 15), "medium", [hanna], [_("School")]),
        (tom, _("Buy paint for the hallway"), 1, None, "high", [hanna, tom], [_("House")]),
        (juna, _("Bake a cake for the summer fair"), 3, time(9), "medium", [juna], []),
        (hanna, _("Change the bed linen"), 3, None, "low", [], [_("House")]),
        (tom, _("Ask about the cellar key"), None, None, "low", [], []),
    ]
    for by, title, days, clock, priority, who, tags in rows:
        on = None if days is None else today + timedelta(days=days)
        said = TaskFields(title=title, priority=priority, assignees=who, tags=tags)
        if on:
            said |= {"due_on": on, "due_time": clock}
        task = add_task(by=by, at=at, **said)
        if clock:
            timed = task
    done = add_task(by=tom, at=at, title=_("Pay the piano teacher"), assignees=[tom])
    complete_task(done, by=tom, at=at)
    return timed


def _write_reminders(people: dict[str, Member], cake: Task, at: datetime) -> None:
    hanna, tom = people["Hanna"], people["Tom"]
    zone = hanna.guild.time_zone
    remind(
        by=hanna,
        at=at,
        message=_("Bins out"),
        frequency="weekly",
        weekdays=[2],
        time=time(19),
        time_zone=zone,
        recipients=[hanna, tom],
        nag={"every_minutes": 30, "times": 3},
    )
    remind(
        by=hanna,
        at=at,
        message=_("Milo’s inhaler"),
        frequency="daily",
        time=time(7, 30),
        time_zone=zone,
        urgent=True,
        escalate=[{"after_minutes": 20, "to": tom, "destination": None}],
    )
    # Whoever has to do it by then.
    remind(
        by=hanna,
        at=at,
        message="",
        frequency="before",
        before_minutes=60,
        source=("task", cake.pk),
        recipients="assigned",
    )
    # Comes in while somebody looks around.
    remind(
        by=hanna,
        at=at,
        message=_("Take the cake out of the oven"),
        frequency="once",
        once_at=at + timedelta(minutes=1),
        recipients=[hanna, people["Juna"]],
    )
