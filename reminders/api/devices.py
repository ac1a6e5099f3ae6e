"""Browsers and apps that take push messages, over the API: one's own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.guild.api import CreateRow, DeleteRow, EditRow, GuildViewSet, ListRows, ReadRow
from accounts.models import Role
from config.web.api.fields import ClockField, NewIdField, TextField
from config.web.api.schema import verb
from config.web.api.serializers import StrictModelSerializer, StrictSerializer
from config.web.errors import Refused
from config.web.tags import browser
from reminders import destinations, devices
from reminders.channels.push import KEY_LENGTHS
from reminders.models import Channel, Destination


class KeysSerializer(StrictSerializer):
    """What to encrypt for it with: URL-safe base64, as `PushSubscription.toJSON()` writes it."""

    p256dh = TextField(max_length=KEY_LENGTHS["p256dh"])
    auth = TextField(max_length=KEY_LENGTHS["auth"])


class DeviceSerializer(StrictModelSerializer):
    """A way out by push. Where it leads is written and never answered; `hint` is its service."""

    id = NewIdField()
    name = TextField(max_length=100, allow_blank=True, required=False)
    endpoint = TextField(write_only=True, max_length=devices.LONGEST)
    keys = KeysSerializer(write_only=True)
    quiet_from = ClockField(required=False, allow_null=True)
    quiet_until = ClockField(required=False, allow_null=True)

    class Meta:
        model = Destination
        fields = [
            "id",
            "name",
            "endpoint",
            "keys",
            "hint",
            "by_default",
            "quiet_from",
            "quiet_until",
            "switched_off_at",
            "switched_off_reason",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [
            "hint",
            "switched_off_at",
            "switched_off_reason",
            "created_at",
            "updated_at",
        ]


class PushKeySerializer(StrictSerializer):
    """The `applicationServerKey` to subscribe with."""

    public_key = TextField()


class DeviceViewSet(ListRows, ReadRow, CreateRow, EditRow, DeleteRow, GuildViewSet):
    """Browsers and apps that take push messages for you, also as a viewer. They are among your
    `destinations` too.
    """

    serializer_class = DeviceSerializer
    writing_role = Role.VIEWER
    orders = {"oldest": ("id",)}

    def rows(self) -> QuerySet[Any]:
        rows = Destination.objects.filter(member=self.member, channel=Channel.PUSH)
        found: QuerySet[Any] = rows if self.action == "restore" else rows.filter(deleted_at=None)
        return found

    def my_rows(self) -> QuerySet[Any]:
        return self.rows()

    def add(self, data: dict[str, Any]) -> Destination:
        """The same browser again is the same device."""
        agent = self.request.headers.get("User-Agent", "")
        name = data.pop("name", "") or browser(agent)
        said = {"endpoint": data.pop("endpoint"), "keys": dict(data.pop("keys"))}
        row = devices.add_device(said, by=self.member, name=name, id=data.pop("id", None))
        return destinations.edit_destination(row, by=self.member, **data) if data else row

    def edit(self, row: Destination, data: dict[str, Any]) -> None:
        """Keys may be new ones for the same endpoint; another endpoint is another device."""
        endpoint, keys = data.pop("endpoint", None), data.pop("keys", None)
        if endpoint is None and keys is not None:
            raise Refused(_("Say of which endpoint."), "required", field="endpoint")
        if endpoint is not None and devices.address_hash(endpoint) != row.address_hash:
            text = _("This stays as it was made: add another.")
            raise Refused(text, "stays", field="endpoint")
        if keys is not None:
            said = {"endpoint": endpoint, "keys": dict(keys)}
            devices.add_device(said, by=self.member, name=row.name)
        destinations.edit_destination(row, by=self.member, **data)

    def remove(self, row: Destination) -> None:
        destinations.delete_destination(row, by=self.member, at=self.at)

    @verb(answers=DeviceSerializer)
    def restore(self, _request: Request, **_: Any) -> HttpResponse:
        """Bring a deleted one back; 409 for a browser that went by itself. Twice is harmless."""
        row = self.find_locked()
        destinations.restore_destination(row, by=self.member)
        return self.answer(row.pk)

    @verb(detail=False, methods=["get"], answers=PushKeySerializer)
    def key(self, _request: Request, **_: Any) -> HttpResponse:
        """What a browser is asked to let us in with."""
        return Response({"public_key": settings.VAPID_PUBLIC_KEY})

    def _twin(self) -> HttpResponse | None:
        """A create that is repeated names the same browser, too."""
        said = self.read()
        row = self.my_rows().filter(pk=said["id"]).first()
        if row is None or devices.address_hash(said["endpoint"]) != row.address_hash:
            return None
        return super()._twin()
