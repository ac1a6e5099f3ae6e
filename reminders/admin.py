"""What staff see of reminders: when, by which way, with what outcome; never private words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.guild.admin import SYSTEM, GuildFilter, GuildRowAdmin, RecordAdmin
from accounts.models import Member
from config.web import words
from reminders.engine.again import try_again
from reminders.engine.figures import outcomes
from reminders.models import (
    Archive,
    Cause,
    Channel,
    Delivery,
    Destination,
    Digest,
    Escalation,
    Notification,
    Reminder,
    ReminderDestination,
    ReminderRecipient,
)
from reminders.reasons import KINDS, PROVIDER, Names, in_words

GUILD = ["id", "guild__name", "guild__slug"]
# Why a delivery is not tried again.
AGAINST = {
    "sent": _("Not tried again: it was sent."),
    "under_way": _("This one is on its way."),
    "guild_closed": _("Not tried again: the household is closed."),
    "left": _("Not tried again: this person has left."),
    "done": _("Not tried again: it is done."),
    "closed": _("Not tried again: it was closed."),
    "snoozed": _("Not tried again: it was put off."),
}
OUTCOMES = {
    "sent": _("sent"),
    "passing": _("not now"),
    "permanent": _("given up"),
    "gave_up": _("given up"),
    "gone": _("given up"),
    "lost": _("taken over"),
    "waits": _("waits"),
    "skipped": _("not sent"),
    "again": _("staff let it be tried again"),
}


@admin.register(Reminder)
class ReminderAdmin(GuildRowAdmin):
    list_display = ["name", "guild", "frequency", "next_due_at", "paused_at", "deleted_at"]
    list_filter = (GuildFilter, "frequency", "audience", "urgent", "visibility", "created_at")
    search_fields = [*GUILD, "source_id"]
    # What follows from these is reckoned by the actions alone.
    readonly_fields = [
        "frequency",
        "once_at",
        "time",
        "weekdays",
        "month_day",
        "nth",
        "rrule",
        "every_minutes",
        "before_minutes",
        "time_zone",
        "starts_on",
        "until",
        "count",
        "skip",
        "audience",
        "also_away",
        "urgent",
        "nag_minutes",
        "nag_times",
        "visibility",
    ]
    content_fields = ("message",)

    @admin.display(description="reminder")
    def name(self, reminder: Reminder) -> str:
        return "…" if reminder.is_private else reminder.title


@admin.register(ReminderRecipient)
class ReminderRecipientAdmin(RecordAdmin, GuildRowAdmin):
    list_display = ["id", "guild", "member", "reminder_id"]
    list_select_related = ("guild", "member")
    search_fields = ["reminder__id", "member__nickname"]


@admin.register(ReminderDestination)
class ReminderDestinationAdmin(RecordAdmin, GuildRowAdmin):
    list_display = ["id", "guild", "reminder_id", "destination_id"]
    list_select_related = ("guild",)
    search_fields = ["reminder__id", "destination__id"]


@admin.register(Escalation)
class EscalationAdmin(RecordAdmin, GuildRowAdmin):
    """Whom a reminder tells when nobody acts."""

    list_display = ["id", "guild", "reminder_id", "after_minutes", "member", "destination_id"]
    list_select_related = ("guild", "member")
    search_fields = ["reminder__id", "member__nickname"]


@admin.register(Notification)
class NotificationAdmin(RecordAdmin, GuildRowAdmin):
    """An inbox is its owner's."""

    list_display = ["id", "guild", "recipient", "kind", "due_at", "arrived_at", "done_at"]
    list_select_related = ("guild", "recipient")
    list_filter = (GuildFilter, "kind", "because", "due_at")
    search_fields = [*GUILD, "reminder__id", "recipient__nickname"]
    content_fields = ("title", "body", "url")


class ReasonFilter(admin.SimpleListFilter):
    """What kind of reason it has."""

    title = _("kind of reason")
    parameter_name = "why"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        kinds = [(kind, label) for kind, (label, _codes) in KINDS.items()]
        return [*kinds, ("provider", PROVIDER)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kind = self.value()
        if kind is None:
            return queryset
        if kind == "provider":
            ours = (_any_of(codes) for _label, codes in KINDS.values())
            return queryset.exclude(reason="").exclude(reduce(or_, ours))
        if kind not in KINDS:
            raise IncorrectLookupParameters
        return queryset.filter(_any_of(KINDS[kind][1]))


def _any_of(codes: list[str]) -> Q:
    """Of codes that are said with something behind them, whatever that is."""
    return reduce(
        or_, (Q(reason=code) | Q(reason__startswith=f"{code.rstrip(':')}:") for code in codes)
    )


class LateFilter(admin.SimpleListFilter):
    """Sent later than so many seconds after it was due."""

    title = _("late more than")
    parameter_name = "late"
    spans = (1, 60, 600, 3600, 86_400)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(n), words.lasting(timedelta(seconds=n))) for n in self.spans]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        said = self.value()
        if said is None:
            return queryset
        if not (said.isascii() and said.isdecimal() and len(said) < 9):
            raise IncorrectLookupParameters
        return queryset.filter(sent_at__gt=F("due_at") + timedelta(seconds=int(said)))


class Sum(NamedTuple):
    """One line of the summary, in words."""

    channel: str
    way: str
    sent: int
    failed: int
    skipped: int
    waiting: int
    late: str
    latest: str


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin, GuildRowAdmin):
    """The engine's record, and the one thing that staff do with it: let it be tried again."""

    list_display = ["due_at", "guild", "whom", "way", "status", "why", "late", "tries"]
    list_select_related = ("guild", "recipient")
    list_filter = (GuildFilter, "channel", "status", ReasonFilter, LateFilter, "due_at")
    search_fields = [
        *GUILD,
        "reminder__id",
        "notification__id",
        "recipient__nickname",
        "recipient__user__email",
    ]
    actions = ("try_again",)
    change_form_template = "admin/reminders/delivery/change_form.html"
    change_list_template = "admin/reminders/delivery/change_list.html"

    @admin.display(description=_("for"), ordering="recipient__nickname")
    def whom(self, row: Delivery) -> str:
        return row.recipient.nickname if row.recipient else str(_("the household"))

    @admin.display(description=_("way"), ordering="channel")
    def way(self, row: Delivery) -> str:
        label = str(Channel(row.channel).label)
        return label if row.cause == Cause.FIRST else f"{label} · {row.get_cause_display()}"

    @admin.display(description=_("why"))
    def why(self, row: Delivery) -> str:
        return in_words(row.reason, StaffNames())

    @admin.display(description=_("late by"))
    def late(self, row: Delivery) -> str:
        return words.lasting(row.late_by) if row.late_by is not None else ""

    @admin.display(description=_("attempts"))
    def tries(self, row: Delivery) -> SafeString:
        """Each in a line, with its time."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in _tries(row)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        plain = super().get_readonly_fields(request, obj)
        return [
            "why",
            "late",
            "tries",
            *(name for name in plain if name not in {"attempts", "reason"}),
        ]

    def get_urls(self) -> list[Any]:
        again = path(
            "<uuid:pk>/again/",
            require_POST(self.admin_site.admin_view(self.again)),
            name="reminders_delivery_again",
        )
        return [again, *super().get_urls()]

    def again(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The button on the page of one."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        get_object_or_404(self.get_queryset(request), pk=pk)
        self._again(request, [pk])
        return redirect("admin:reminders_delivery_change", pk)

    @admin.action(description=_("Try again"), permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._again(request, list(queryset.values_list("pk", flat=True)))

    def _again(self, request: HttpRequest, ids: list[UUID]) -> None:
        """Say how many are tried again, and of the others why not."""
        answers = list(try_again(ids, by_name=request.user.get_username()).values())
        if n := answers.count(""):
            said = ngettext(
                "It will be tried again at once.", "%(n)s will be tried again at once.", n
            )
            self.message_user(request, said % {"n": n}, messages.SUCCESS)
        for against in dict.fromkeys(filter(None, answers)):
            self.message_user(request, str(AGAINST[against]), messages.WARNING)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"summary": _summary()} | (extra_context or {}))


class StaffNames(Names):
    """Of members of all households, so each is read by itself."""

    def find(self, who: str) -> Iterable[tuple[UUID, str]]:
        rows = Member._base_manager.using(SYSTEM).filter(pk=who)
        return rows.values_list("pk", "nickname")


def _tries(row: Delivery) -> Iterator[str]:
    """20 Nov., 19:30:02: passing (the server does not answer)"""
    for tried in row.attempts:
        at = timezone.localtime(datetime.fromisoformat(tried["at"]))
        said = str(OUTCOMES.get(tried["outcome"], tried["outcome"]))
        reason = in_words(tried.get("reason", ""), StaffNames())
        yield f"{at:%Y-%m-%d %H:%M:%S}: {said}" + (f" ({reason})" if reason else "")


def _summary() -> list[Sum]:
    return [
        Sum(
            one.channel,
            str(Channel(one.channel).label),
            one.sent,
            one.failed,
            one.skipped,
            one.waiting,
            words.lasting(one.late) if one.late is not None else "",
            words.lasting(one.latest) if one.latest is not None else "",
        )
        for one in outcomes()
    ]


@admin.register(Destination)
class DestinationAdmin(GuildRowAdmin):
    list_display = ["id", "guild", "member", "channel", "follows_account", "switched_off_at"]
    list_select_related = ("guild", "member")
    list_filter = (GuildFilter, "channel", "follows_account")
    search_fields = [*GUILD, "member__nickname"]
    secret_fields = ("secret", "signing_key", "address_hash")
    content_fields = ("name", "hint")
    readonly_fields = ["member", "channel"]


@admin.register(Digest)
class DigestAdmin(RecordAdmin, GuildRowAdmin):
    """When each member's morning summary comes; what it says stands nowhere but in her inbox."""

    list_display = ["member", "guild", "is_on", "time", "weekdays", "look_at"]
    list_select_related = ("guild", "member")
    list_filter = (GuildFilter, "is_on")
    search_fields = [*GUILD, "member__nickname", "member__user__email"]


@admin.register(Archive)
class ArchiveAdmin(RecordAdmin, GuildRowAdmin):
    """How much of whose is archived; what it says is hers."""

    list_display = ["month", "part", "guild", "whom", "occurrences"]
    list_select_related = ("guild", "member")
    list_filter = (GuildFilter, "month")
    search_fields = [*GUILD, "member__nickname"]
    content_fields = ("entries",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("entries")

    @admin.display(description=_("for"), ordering="member__nickname")
    def whom(self, row: Archive) -> str:
        return row.member.nickname if row.member else str(_("the household"))
