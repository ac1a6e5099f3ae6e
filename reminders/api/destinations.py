"""Ways out over the API: one's own, and the household's."""

from __future__ import annotations

from typing import Any

import orjson
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.replays import is_answered, replayed
from accounts.guild.api import CreateRow, DeleteRow, EditRow, GuildViewSet, ListRows, ReadRow
from accounts.history import acting_from
from accounts.models import Role, Source
from config.web.api.fields import (
    ChoiceField,
    ClockField,
    FlagField,
    InstantField,
    NewIdField,
    TextField,
)
from config.web.api.rows import one
from config.web.api.schema import verb
from config.web.api.serializers import StrictModelSerializer, StrictSerializer
from config.web.api.views import Handler
from config.web.errors import Refused
from reminders import destinations as actions
from reminders import trials
from reminders.channels.addresses import understood
from reminders.models import Channel, Destination, Status
from reminders.ways import account_way, last_outcome

WAYS = [Channel.EMAIL, Channel.PUSH, Channel.WEBHOOK, Channel.APPRISE]


class LastSerializer(StrictSerializer):
    """What last became of a message there; `reason` is a code of ours or what was answered."""

    status = ChoiceField(choices=[Status.SENT.value, Status.FAILED.value])
    at = InstantField()
    reason = TextField(allow_blank=True)


class DestinationSerializer(StrictModelSerializer):
    """A way out. Its address is written and never answered; `hint` is as much of it as is shown.

    `last` and `tested_…` say how it fares; a `tested_reason` of "" means that the test was taken.
    """

    id = NewIdField()
    channel = ChoiceField(choices=[(one.value, one.label) for one in WAYS])
    shared = FlagField(required=False)
    name = TextField(max_length=100, allow_blank=True, required=False)
    # Longer ones are refused in words of their own.
    address = TextField(write_only=True, max_length=10_000)
    quiet_from = ClockField(required=False, allow_null=True)
    quiet_until = ClockField(required=False, allow_null=True)
    last = LastSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Destination
        fields = [
            "id",
            "channel",
            "shared",
            "member",
            "name",
            "address",
            "hint",
            "follows_account",
            "by_default",
            "quiet_from",
            "quiet_until",
            "switched_off_at",
            "switched_off_reason",
            "tested_at",
            "tested_reason",
            "last",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [
            "hint",
            "follows_account",
            "switched_off_at",
            "switched_off_reason",
            "tested_at",
            "tested_reason",
            "created_at",
            "updated_at",
        ]
        # How it fares is news for who reads, and no reason to refuse a write.
        account = ("last",)
        rows = {
            "shared": ExpressionWrapper(Q(member=None), output_field=BooleanField()),
            "last": last_outcome(),
        }


class MadeDestinationSerializer(DestinationSerializer):
    """As it was made, with the key that a webhook is signed with; "" for the others."""

    signing_key = TextField(read_only=True)

    class Meta(DestinationSerializer.Meta):
        fields = [*DestinationSerializer.Meta.fields, "signing_key"]


class SwitchSerializer(StrictSerializer):
    on = FlagField()


class KeySerializer(StrictSerializer):
    """What messages to the webhook are signed with; answered this once."""

    signing_key = TextField()


class DestinationViewSet(ListRows, ReadRow, CreateRow, EditRow, DeleteRow, GuildViewSet):
    """Where you are told, and where the household is as a whole; yours alone are also a viewer's
    to write, the household's are an admin's.
    """

    serializer_class = DestinationSerializer
    # Whose it is decides, which the actions know.
    writing_role = Role.VIEWER
    orders = {"oldest": ("id",)}

    def rows(self) -> QuerySet[Any]:
        if self.action == "list":
            account_way(self.member)
        rows = Destination.objects
        found: QuerySet[Any] = rows.all() if self.action == "restore" else rows.live()
        return found

    def my_rows(self) -> QuerySet[Any]:
        return self.rows().filter(Q(member=self.member) | Q(member=None))

    @extend_schema(request=DestinationSerializer, responses={201: MadeDestinationSerializer})
    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Add one; the key that a webhook is signed with is answered this once."""
        data = self.read()
        self._require_key_for(shared=data.get("shared", False))
        row = actions.add_destination(by=self.member, **data)
        shown = orjson.loads(one(self.rows().filter(pk=row.pk), DestinationSerializer) or b"{}")
        headers = {"Location": f"{request.path}{row.pk}/", "ETag": self.answer(row.pk)["ETag"]}
        return Response(shown | {"signing_key": row.signing_key}, status=201, headers=headers)

    def _edit(self, data: dict[str, Any]) -> HttpResponse:
        """What is typed is understood before the row is locked."""
        row = self.rows().filter(pk=self.kwargs["pk"]).first()
        if row and actions.may_change(row, by=self.member):
            self._require_key_for(shared=row.is_shared)
            self._require_made_as(row, data)
            if typed := data.pop("address", ""):
                data["new"] = actions.new_address(row, typed, by=self.member)
        return super()._edit(data)

    def edit(self, row: Destination, data: dict[str, Any]) -> None:
        self._require_key_for(shared=row.is_shared)
        self._require_made_as(row, data)
        actions.edit_destination(row, by=self.member, **data)

    def _require_made_as(self, row: Destination, data: dict[str, Any]) -> None:
        for name, stands in (("channel", row.channel), ("shared", row.is_shared)):
            if data.pop(name, stands) != stands:
                raise Refused(_("This stays as it was made: add another."), "stays", field=name)

    def remove(self, row: Destination) -> None:
        self._require_key_for(shared=row.is_shared)
        actions.delete_destination(row, by=self.member, at=self.at)

    @verb(answers=DestinationSerializer)
    def restore(self, _request: Request, **_: Any) -> HttpResponse:
        """Bring a deleted one back; twice is harmless."""
        row = self._mine()
        actions.restore_destination(row, by=self.member)
        return self.answer(row.pk)

    @verb(body=SwitchSerializer, answers=DestinationSerializer)
    def switch(self, _request: Request, **_: Any) -> HttpResponse:
        """On or off; off, nothing goes there."""
        said = self.read(shape=SwitchSerializer)
        row = self._mine()
        if said["on"]:
            actions.switch_on(row, by=self.member)
        else:
            actions.switch_off(row, by=self.member, at=self.at)
        return self.answer(row.pk)

    @verb(answers=KeySerializer)
    def roll(self, _request: Request, **_: Any) -> HttpResponse:
        """A new key to sign a webhook's messages with; the old one ends at once."""
        return Response({"signing_key": actions.roll_key(self._mine(), by=self.member)})

    @verb(answers=DestinationSerializer)
    def test(self, _request: Request, **_: Any) -> HttpResponse:
        """Send a test now and say how it went: `tested_reason` is "" when it was taken."""
        raise NotImplementedError  # `run` does it, outside any transaction

    def run(self, handler: Handler, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.action != "test":
            return super().run(handler, *args, **kwargs)
        with acting_from(Source.API):
            return self._test()

    def _test(self) -> HttpResponse:
        """Between two transactions; a repetition of the same request sends nothing."""
        with self.scope():
            row = self._mine()
            known = is_answered(self.request, self.user)
            message = None if known else trials.prepare(row, by=self.member, at=self.at)
        outcome = trials.send(row.channel, message) if message else trials.Outcome("")

        def tell(*_args: Any) -> HttpResponse:
            noted = actions.note_test(row, by=self.member, at=self.at, **outcome._asdict())
            return self.finish(self.answer(noted.pk))

        with self.scope():
            return replayed(self.request, self.user, tell)

    def _mine(self) -> Destination:
        row: Destination = self.find_locked()
        self._require_key_for(shared=row.is_shared)
        return row

    def _require_key_for(self, *, shared: bool) -> None:
        if shared:
            self.require_key(Role.ADMIN)

    def _twin(self) -> HttpResponse | None:
        """A create that is repeated says the same address, too."""
        said = self.read()
        row = self.my_rows().filter(pk=said["id"]).first()
        if row is None or not self._same_address(row, said):
            return None
        return super()._twin()

    def _same_address(self, row: Destination, said: dict[str, Any]) -> bool:
        try:
            found = understood(said["channel"], said["address"], by=self.member)
        except Refused:
            return False
        return found.digest == row.address_hash
