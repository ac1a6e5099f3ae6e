"""What to say, when and to whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import (
    GuildManager,
    GuildQuerySet,
    MadeByMember,
)
from accounts.guild.rls import quietly
from config.web.fields import ZoneField
from reminders.recurrence import next_occurrence
from reminders.rules import Rule, rule_of

if TYPE_CHECKING:
    from accounts.models import Member


class Frequency(models.TextChoices):
    ONCE = "once", _("Once")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")
    YEARLY = "yearly", _("Every year")
    INTERVAL = "interval", _("Every so many minutes")
    RRULE = "rrule", _("By a rule of your own")
    BEFORE = "before", _("Before something is due")


class Audience(models.TextChoices):
    MEMBERS = "members", _("Some of us")
    EVERYONE = "everyone", _("Everyone")
    ASSIGNED = "assigned", _("Whoever it is assigned to")
    UNANSWERED = "unanswered", _("Whoever has not answered")


# These the source is asked for, each time anew.
BY_SOURCE = frozenset({Audience.ASSIGNED.value, Audience.UNANSWERED.value})


class ReminderQuerySet(GuildQuerySet["Reminder"]):
    def with_people(self) -> Self:
        """With recipients fetched along: one more query, whatever the number of rows."""
        from reminders.models.links import ReminderRecipient

        links = ReminderRecipient.objects.select_related("member")
        return self.prefetch_related(models.Prefetch("addressed", queryset=links))

    def with_rounds(self) -> Self:
        """With the ways it names and what follows when nobody acts: two more queries."""
        from reminders.models.links import Escalation, ReminderDestination

        ways = ReminderDestination.objects.select_related("destination")
        stages = Escalation.objects.select_related("member", "destination").order_by("position")
        return self.prefetch_related(
            models.Prefetch("named_ways", queryset=ways),
            models.Prefetch("escalations", queryset=stages),
        )

    def of_source(self, kind: str, id: UUID) -> Self:
        """Live reminders of this row that the member may see."""
        return self.live().filter(source_kind=kind, source_id=id)

    def upcoming(self, *, at: datetime, until: datetime) -> Self:
        """Those that fire next in this span, soonest first."""
        return (
            self.live().filter(next_due_at__gt=at, next_due_at__lte=until).order_by("next_due_at")
        )

    def by_next(self) -> Self:
        """Soonest first, then what will not fire."""
        return self.order_by(models.F("next_due_at").asc(nulls_last=True), "-created_at", "-id")


class Reminder(MadeByMember):
    """Of the times only those are set that the frequency needs: the constraints say which."""

    # Blank only with a source: then the source's own text is said.
    message = models.TextField(_("what to say"), max_length=1000, blank=True)
    frequency = models.CharField(_("how often"), max_length=8, choices=Frequency)
    once_at = models.DateTimeField(_("at"), null=True, blank=True)
    time = models.TimeField(_("time"), null=True, blank=True)
    # As in the API: 0 is Sunday.
    weekdays: ArrayField[list[int], list[int]] = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("weekdays")
    )
    # 1 to 31, -1 for the last; or the nth of the one weekday, likewise.
    month_day = models.SmallIntegerField(_("day of the month"), null=True, blank=True)
    nth = models.SmallIntegerField(_("which weekday of the month"), null=True, blank=True)
    rrule = models.CharField("RRULE", max_length=500, blank=True)
    # Elapsed time from `once_at` on.
    every_minutes = models.FloatField(_("minutes between"), null=True, blank=True)
    before_minutes = models.PositiveIntegerField(_("minutes before"), null=True, blank=True)
    time_zone = ZoneField(_("time zone"))
    starts_on = models.DateField(_("from"), null=True, blank=True)
    until = models.DateField(_("last day"), null=True, blank=True)
    count = models.PositiveSmallIntegerField(_("how many times"), null=True, blank=True)
    skip: ArrayField[list[date], list[date]] = ArrayField(
        models.DateField(), default=list, blank=True, verbose_name=_("days left out")
    )
    # What `until`, `count` and the RRULE come to, so that nobody counts again.
    last_on = models.DateField(null=True, editable=False)
    audience = models.CharField(
        _("for whom"), max_length=10, choices=Audience, default=Audience.MEMBERS
    )
    # Who is away is left out, unless the reminder says otherwise.
    also_away = models.BooleanField(_("also who is away"), default=False, db_default=False)
    # Passes quiet hours.
    urgent = models.BooleanField(_("urgent"), default=False, db_default=False)
    # Comes again every so many minutes until it is done, at most so many times.
    nag_minutes = models.PositiveIntegerField(_("ask again after"), null=True, blank=True)
    nag_times = models.PositiveSmallIntegerField(_("how often"), null=True, blank=True)
    source_kind = models.CharField(max_length=30, blank=True, editable=False)
    source_id = models.UUIDField(null=True, editable=False)
    paused_at = models.DateTimeField(_("paused"), null=True, editable=False)
    # The engine's own: the next instant at which it looks, and the occurrence it then makes.
    # An instant without a slot asks it to work out the slot first, and is no time to announce.
    look_at = models.DateTimeField(null=True, editable=False)
    next_slot = models.CharField(max_length=100, blank=True, editable=False)
    next_due_at = models.GeneratedField(
        expression=models.Case(models.When(~models.Q(next_slot=""), then="look_at")),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
        null=True,
        verbose_name=_("next"),
    )

    # Both as they were when its household was closed; until it opens again the engine looks away.
    rest_at = models.DateTimeField(null=True, editable=False)
    rest_slot = models.CharField(max_length=100, blank=True, db_default="", editable=False)

    objects: Any = GuildManager.from_queryset(ReminderQuerySet)()

    class Meta(MadeByMember.Meta):
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            *quietly(
                MadeByMember.Meta.constraints, "look_at next_slot next_due_at rest_at rest_slot"
            ),
            models.CheckConstraint(
                condition=~models.Q(message__regex=r"^\s*$") | models.Q(source_id__isnull=False),
                name="reminders_reminder_says_something",
            ),
            models.CheckConstraint(
                condition=models.Q(message__length__lte=1000),
                name="reminders_reminder_message_length",
            ),
            models.CheckConstraint(
                condition=models.Q(frequency="once", once_at__isnull=False)
                | models.Q(frequency="daily", time__isnull=False, starts_on__isnull=False)
                | models.Q(
                    frequency="weekly",
                    time__isnull=False,
                    starts_on__isnull=False,
                    weekdays__len__gte=1,
                )
                | models.Q(
                    models.Q(month_day__isnull=False, nth=None)
                    | models.Q(month_day=None, nth__isnull=False, weekdays__len=1),
                    frequency="monthly",
                    time__isnull=False,
                    starts_on__isnull=False,
                )
                | models.Q(frequency="yearly", time__isnull=False, starts_on__isnull=False)
                | models.Q(
                    ~models.Q(rrule=""),
                    frequency="rrule",
                    time__isnull=False,
                    starts_on__isnull=False,
                )
                | models.Q(frequency="interval", once_at__isnull=False, every_minutes__isnull=False)
                | models.Q(
                    frequency="before", before_minutes__isnull=False, source_id__isnull=False
                ),
                name="reminders_reminder_times",
            ),
            models.CheckConstraint(
                condition=models.Q(source_kind="", source_id=None)
                | models.Q(~models.Q(source_kind=""), source_id__isnull=False),
                name="reminders_reminder_source",
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="reminders_reminder_weekdays",
            ),
            models.CheckConstraint(
                condition=(models.Q(month_day=None) | models.Q(month_day__in=[-1, *range(1, 32)]))
                & (models.Q(nth=None) | models.Q(nth__in=[-1, *range(1, 6)])),
                name="reminders_reminder_month_days",
            ),
            models.CheckConstraint(
                condition=models.Q(every_minutes=None)
                | models.Q(every_minutes__gte=0.5, every_minutes__lte=525_600),
                name="reminders_reminder_every",
            ),
            models.CheckConstraint(
                condition=(models.Q(count=None) | models.Q(count__gte=1, count__lte=1000))
                & (models.Q(count=None) | models.Q(until=None))
                & models.Q(skip__len__lte=500),
                name="reminders_reminder_end",
            ),
            models.CheckConstraint(
                condition=models.Q(nag_minutes=None, nag_times=None)
                | models.Q(
                    nag_minutes__gte=1,
                    nag_minutes__lte=10_080,
                    nag_times__gte=1,
                    nag_times__lte=20,
                ),
                name="reminders_reminder_nag",
            ),
            models.CheckConstraint(
                condition=models.Q(look_at=None) | models.Q(paused_at=None, deleted_at=None),
                name="reminders_reminder_quiet",
            ),
        ]
        indexes = [
            # The engine's planning tick: crosses guilds by design.
            models.Index(
                fields=["look_at", "id"],
                condition=models.Q(look_at__isnull=False),
                name="reminders_reminder_due",
            ),
            # The page and Today: what fires next.
            models.Index(fields=["guild", "next_due_at", "id"], name="reminders_reminder_next"),
            # The API's list and the trash, newest first.
            models.Index(fields=["guild", "-created_at", "-id"], name="reminders_reminder_newest"),
            # The reminders of a task, when it is done or moved.
            models.Index(
                fields=["guild", "source_kind", "source_id"],
                condition=models.Q(source_id__isnull=False),
                name="reminders_reminder_of_source",
            ),
        ]

    # What its source is called; set by `sources.entitle` where a page needs it.
    source_text = ""

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Its first line, or what its source is called."""
        first = self.message.strip().split("\n", 1)[0]
        return first[:255] or self.source_text or gettext("Reminder")

    @property
    def rest(self) -> str:
        """What the message says below its title."""
        said = self.message.strip()
        return said.removeprefix(self.title).strip() if said.startswith(self.title) else said

    @property
    def recipients(self) -> list[Member]:
        """The members it names; empty when it is for everyone. One query unless fetched along."""
        return [link.member for link in self.addressed.all()]

    @property
    def next_in_words(self) -> str:
        """tomorrow, 07:30 · paused · over"""
        from reminders import wording

        return wording.next_words(self, now=timezone.now())

    @property
    def repeat_in_words(self) -> str:
        """once · every Monday and Thursday · 30 minutes before it is due"""
        from reminders import wording

        return wording.repeat_words(self)

    @property
    def repeats(self) -> bool:
        """Whether more than one time is meant."""
        return self.frequency not in (Frequency.ONCE, Frequency.BEFORE)

    def is_only_of(self, member: Member) -> bool:
        """Whether it is her own, private, and reminds her alone; one query unless fetched along."""
        return (
            super().is_only_of(member)
            and not self.is_for_everyone
            and [link.member_id for link in self.addressed.all()] == [member.pk]
        )

    @property
    def is_for_everyone(self) -> bool:
        return self.audience == Audience.EVERYONE

    @property
    def for_whom(self) -> str:
        """Everyone · Whom it is assigned to; '' where it names members."""
        if self.audience == Audience.MEMBERS:
            return ""
        return str(Audience(self.audience).label)

    @property
    def next_at(self) -> datetime | None:
        """When it comes next, also in the moment before the engine has worked that out."""
        at: datetime | None = self.next_due_at
        if at is None and self.look_at and self.frequency != Frequency.BEFORE:
            found = next_occurrence(self.rule, after=self.look_at)
            at = found.due_at if found else None
        return at

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it as things are, though nobody paused or deleted it."""
        return self.next_at is None and self.paused_at is None and self.deleted_at is None

    @property
    def rule(self) -> Rule:
        """When it fires, for the pure functions of `recurrence`."""
        return rule_of(self)
