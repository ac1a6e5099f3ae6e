"""Reminders and the inbox over the API."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.guild.api import (
    CreateRow,
    DeleteRow,
    EditRow,
    GuildViewSet,
    ListRows,
    ReadRow,
    TrashRows,
)
from accounts.models import Member, Role
from config.web.api import cursor, filters
from config.web.api.problems import Problem
from config.web.api.schema import verb
from config.web.api.views import JSON
from reminders import actions, archives, family, inbox, reasons
from reminders.api.filters import DeliveryFilter, InboxFilter, MonthFilter, ReminderFilter
from reminders.api.serializers import (
    DeliveriesSerializer,
    DeliverySerializer,
    InboxSerializer,
    MonthsSerializer,
    NextSerializer,
    ReminderSerializer,
    SnoozeSerializer,
)
from reminders.models import Archive, Delivery, Notification, Reminder
from reminders.snoozing import chosen

LATEST: dict[str, cursor.Order] = {"latest": ("-due_at", "-id")}
SNOOZE = timedelta(minutes=10)
LIMIT = {"type": "integer", "minimum": 1, "maximum": cursor.MOST, "default": cursor.LIMIT}
PAGING = [
    OpenApiParameter("limit", LIMIT, description="Rows of one page."),
    OpenApiParameter(
        "cursor", {"type": "string", "minLength": 1}, description="`next` of the page before."
    ),
]


class ReminderViewSet(TrashRows, ListRows, ReadRow, CreateRow, EditRow, DeleteRow):
    """What must not be forgotten, when and by whom."""

    serializer_class = ReminderSerializer
    filterset_class = ReminderFilter
    orders = {
        "newest": ("-created_at", "-id"),
        "next": ("next_due_at", "id"),
        "changed": ("-updated_at", "-id"),
    }

    def add(self, data: dict[str, Any]) -> Reminder:
        return actions.remind(by=self.member, at=self.at, **data)

    def edit(self, row: Reminder, data: dict[str, Any]) -> None:
        actions.edit_reminder(row, by=self.member, at=self.at, **data)

    def remove(self, row: Reminder) -> None:
        actions.delete_reminder(row, by=self.member, at=self.at)

    @verb(detail=False, body=ReminderSerializer, answers=NextSerializer)
    def preview(self, _request: Request, **_: Any) -> HttpResponse:
        """The next five times of a reminder that is not made."""
        data = self.read()
        data.pop("id", None)
        times = actions.preview(by=self.member, at=self.at, **data)
        return Response({"next": [at.isoformat() for at in times]})

    @verb(answers=ReminderSerializer)
    def pause(self, _request: Request, **_: Any) -> HttpResponse:
        """Let it be silent until it is resumed; twice is harmless."""
        reminder = self.find_locked()
        actions.pause(reminder, by=self.member, at=self.at)
        return self.answer(reminder.pk)

    @verb(answers=ReminderSerializer)
    def resume(self, _request: Request, **_: Any) -> HttpResponse:
        """Let it go on with what is still ahead; twice is harmless."""
        reminder = self.find_locked()
        actions.resume(reminder, by=self.member, at=self.at)
        return self.answer(reminder.pk)

    @verb(answers=ReminderSerializer)
    def restore(self, _request: Request, **_: Any) -> HttpResponse:
        """Take it out of the trash; twice is harmless."""
        reminder = self.find_locked()
        actions.restore_reminder(reminder, by=self.member, at=self.at)
        return self.answer(reminder.pk)

    @verb(body=SnoozeSerializer, answers=ReminderSerializer)
    def snooze(self, _request: Request, **_: Any) -> HttpResponse:
        """Put off what it last said to you; 409 when nothing of it waits."""
        until = _until(self.read(shape=SnoozeSerializer), self.at, self.member)
        reminder = self.find()
        inbox.snooze_reminder(reminder, by=self.member, at=self.at, until=until)
        return self.answer(reminder.pk)

    @extend_schema(parameters=PAGING)
    @verb(methods=["get"], answers=DeliveriesSerializer)
    def deliveries(self, request: Request, **_: Any) -> HttpResponse:
        """Each way it was to go out to you, or to the household as a whole, the latest first, and
        what became of it.
        """
        rows = Delivery.objects.readable().filter(reminder=self.find())
        rows = filters.apply(None, request.query_params, rows)
        body = cursor.answer(rows, DeliverySerializer, LATEST, request.query_params)
        return HttpResponse(in_words_of(body), content_type=JSON)


class DeliveryViewSet(ListRows, ReadRow, GuildViewSet):
    """Why did I (not) get it? Each way out that leads to you, or to the household as a whole, the
    latest first; what was never to go out is not among them.
    """

    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    orders = LATEST

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Delivery.objects.readable()
        return rows

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().list(request, *args, **kwargs)
        response.content = in_words_of(response.content)
        return response

    def _json(self, pk: Any, rows: QuerySet[Any] | None = None) -> bytes | None:
        row = super()._json(pk, rows)
        return in_words_of(row) if row else None

    @extend_schema(parameters=PAGING)
    @verb(detail=False, methods=["get"], answers=MonthsSerializer)
    def months(self, request: Request, **_: Any) -> HttpResponse:
        """The months that are archived for you, the latest first."""
        filters.apply(None, request.query_params, Archive.objects.all())
        rows = [
            {"month": f"{month:%Y-%m}", "occurrences": count} for month, count in archives.months()
        ]
        return Response(cursor.of_list(rows, {"latest": ("month",)}, request.query_params))

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "month",
                {"type": "string", "pattern": r"^\d{4}-\d{2}$", "example": "2025-03"},
                required=True,
                description="One of `months`.",
            ),
            *PAGING,
        ]
    )
    @verb(detail=False, methods=["get"], answers=DeliveriesSerializer)
    def archived(self, request: Request, **_: Any) -> HttpResponse:
        """What became of an older month, in the same shape."""
        filters.apply(MonthFilter, request.query_params, Archive.objects.all())
        month = _first_of(request.query_params.get("month", ""))
        return Response(
            cursor.of_places(
                partial(archives.archived_ways, month, of=self.member),
                partial(row_of, names=reasons.Names()),
                LATEST,
                Delivery,
                request.query_params,
            )
        )


def _first_of(text: str) -> date:
    """The first day of the month; raises Problem (400) for what is none."""
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d{2}", text, re.ASCII):
            return date.fromisoformat(f"{text}-01")
    raise Problem(400, _("A month looks like 2025-03."), code="invalid", pointer="/month")


def in_words_of(body: bytes) -> bytes:
    """The row, or the page of rows, with each reason in the reader's language."""
    said, names = orjson.loads(body), reasons.Names()
    for row in said.get("results", [said]):
        row["why"] = reasons.in_words(row["reason"], names)
    return orjson.dumps(said)


def row_of(way: Delivery, names: reasons.Names) -> dict[str, Any]:
    """An archived delivery as the list would show it."""
    letter, reminder = way.notification, way.reminder
    late_by = way.late_by
    own: dict[str, Any] = {
        "title": letter.title if letter else reminder.message if reminder else "",
        "occurrence": letter.slot if letter else way.occurrence or "",
        "why": reasons.in_words(way.reason, names),
        "late_by_seconds": int(late_by.total_seconds()) if late_by is not None else None,
    }
    rows = {"notification", "reminder", "recipient", "destination"}
    for name in DeliverySerializer.Meta.fields:
        if name not in own:
            value = getattr(way, f"{name}_id" if name in rows else name)
            own[name] = _instant(value) if isinstance(value, datetime) else value
    return {name: own[name] for name in DeliverySerializer.Meta.fields}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class InboxViewSet(ListRows, ReadRow, GuildViewSet):
    """What came for you in this household, the latest first; yours alone, also as a viewer.

    What was withdrawn since, with its reminder or task, is listed with `state=all` alone.
    """

    serializer_class = InboxSerializer
    filterset_class = InboxFilter
    required_role = dict.fromkeys(["done", "snooze", "not_me", "reopen", "mark_read"], Role.VIEWER)
    orders = {"newest": ("-created_at", "-id")}

    def find_locked(self) -> Notification:
        """Held with those of the others whom its Done is for, in the order that all take."""
        family.hold(self.find())
        row: Notification = super().find_locked()
        return row

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Notification.objects.arrived()
        if self.action == "list" and "state" not in self.request.query_params:
            rows = rows.filter(closed_at=None)
        return rows

    @verb(answers=InboxSerializer)
    def done(self, _request: Request, **_: Any) -> HttpResponse:
        """You did it; twice is harmless."""
        row = self.find()  # what belongs together is locked together
        inbox.done(row, by=self.member, at=self.at)
        return self.answer(row.pk)

    @verb(body=SnoozeSerializer, answers=InboxSerializer)
    def snooze(self, _request: Request, **_: Any) -> HttpResponse:
        """Later: it comes again by the same ways; 409 when it is done or closed."""
        until = _until(self.read(shape=SnoozeSerializer), self.at, self.member)
        row = self.find_locked()
        inbox.snooze(row, by=self.member, at=self.at, until=until)
        return self.answer(row.pk)

    @verb(answers=InboxSerializer, url_path="not-me")
    def not_me(self, _request: Request, **_: Any) -> HttpResponse:
        """It is not for you: no more of it comes, and its maker hears so; twice is harmless."""
        row = self.find_locked()
        inbox.not_me(row, by=self.member, at=self.at)
        return self.answer(row.pk)

    @verb(answers=InboxSerializer)
    def reopen(self, _request: Request, **_: Any) -> HttpResponse:
        """It waits for you again: takes back done, snooze or not-me; twice is harmless."""
        row = self.find_locked()
        inbox.reopen(row, by=self.member, at=self.at)
        return self.answer(row.pk)

    @verb(answers=InboxSerializer, url_path="read")
    def mark_read(self, _request: Request, **_: Any) -> HttpResponse:
        """You saw it; twice is harmless."""
        row = self.find_locked()
        inbox.read(row, by=self.member, at=self.at)
        return self.answer(row.pk)


def _until(said: dict[str, Any], at: datetime, member: Member) -> datetime:
    """When to come again: an instant, one of the choices, so many minutes from now, or ten."""
    if "choice" in said:
        return chosen(said["choice"], at, member.home_zone)
    if "until" in said:
        until: datetime = said["until"]
        return until
    return at + timedelta(minutes=said["minutes"]) if "minutes" in said else at + SNOOZE
