"""What the API reads and writes about people and households."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    Field,
    Func,
    OuterRef,
    Subquery,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.fields import MemberField
from accounts.models import Absence, AccessToken, Change, Guild, Invite, Member, Profile, Role, User
from config.web.api import fields as ours
from config.web.api.serializers import StrictModelSerializer, StrictSerializer

_SETTING = Func(Value("app.member_id"), Value(value=True), function="current_setting")
# The member in scope, known to the database alone: these queries are written when this loads.
ME = Cast(NullIf(_SETTING, Value("")), UUIDField())
_MYSELF = Member._base_manager.filter(pk=ME)
_MINE = _MYSELF.filter(guild=OuterRef("pk"))
_I_ADMINISTER = Exists(_MYSELF.filter(role__in=[Role.ADMIN, Role.OWNER], left_at=None))


class GuildSerializer(StrictModelSerializer):
    """A household as one of its members sees it: `role` and `member` are one's own."""

    id = ours.NewIdField()
    slug = ours.TextField(read_only=True)
    role = ours.ChoiceField(choices=Role.choices, read_only=True)
    member = ours.IdField(read_only=True)

    class Meta:
        model = Guild
        fields = [
            "id",
            "name",
            "slug",
            "time_zone",
            "locale",
            "member_count",
            "role",
            "member",
            "created_at",
            "updated_at",
        ]
        rows = {"role": Subquery(_MINE.values("role")), "member": Subquery(_MINE.values("pk"))}


class MemberSerializer(StrictModelSerializer):
    """Somebody in the household; `email` is null for everybody but admins."""

    colour = ours.WholeField(min_value=1, max_value=8, required=False)
    email = serializers.EmailField(read_only=True, allow_null=True)
    signs_in = ours.FlagField(read_only=True)

    class Meta:
        model = Member
        fields = [
            "id",
            "nickname",
            "colour",
            "role",
            "email",
            "signs_in",
            "joined_at",
            "last_seen_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["joined_at", "last_seen_at"]
        rows = {
            "email": Subquery(
                User._base_manager.filter(_I_ADMINISTER, pk=OuterRef("user_id")).values("email")
            ),
            "signs_in": Case(
                When(user__isnull=False, then=Value(value=True)),
                default=Value(value=False),
                output_field=BooleanField(),
            ),
        }


class AbsenceSerializer(StrictModelSerializer):
    """The days on which a member is away, the first and the last included; by itself one's own."""

    id = ours.NewIdField()
    member = MemberField(required=False)

    class Meta:
        model = Absence
        fields = [
            "id",
            "member",
            "from_on",
            "until_on",
            "created_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_by"]


class InviteSerializer(StrictModelSerializer):
    class Meta:
        model = Invite
        fields = [
            "id",
            "role",
            "expires_at",
            "uses_left",
            "created_by",
            "created_at",
            "updated_at",
        ]


class NewInviteSerializer(StrictSerializer):
    role = ours.ChoiceField(choices=Role.choices, required=False)
    expires_at = ours.InstantField(required=False)
    uses = ours.WholeField(min_value=1, required=False)


class MadeInviteSerializer(InviteSerializer):
    """The invitation with its code and link, which are answered this once."""

    code = serializers.CharField(read_only=True)
    url = serializers.URLField(read_only=True)

    class Meta(InviteSerializer.Meta):
        fields = [*InviteSerializer.Meta.fields, "code", "url"]


class CodeSerializer(StrictSerializer):
    code = ours.TextField(max_length=100)


class TransferSerializer(StrictSerializer):
    member = MemberField()


class ChangeSerializer(StrictModelSerializer):
    """What was done: `before` and `after` hold the touched fields."""

    before = ours.ObjectField(read_only=True, allow_null=True)
    after = ours.ObjectField(read_only=True, allow_null=True)

    class Meta:
        model = Change
        fields = [
            "id",
            "actor",
            "actor_name",
            "source",
            "verb",
            "kind",
            "entity_id",
            "title",
            "before",
            "after",
            "visibility",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


_TOLD = Profile._base_manager.filter(user=OuterRef("pk"))


def _told(name: str, nothing: Any) -> Coalesce:
    """The field of the profile, which is not there before something was told."""
    field = Profile._meta.get_field(name)
    assert isinstance(field, Field)
    return Coalesce(Subquery(_TOLD.values(name)), Value(nothing, field), output_field=field)


class MeSerializer(StrictModelSerializer):
    """Oneself, in whatever household; the address is changed at `/accounts/email/`."""

    locale = ours.ChoiceField(choices=[("", _("as the household")), *settings.LANGUAGES])
    time_zone = ours.ZoneField(allow_blank=True)
    bio = ours.TextField(max_length=2000, allow_blank=True)
    location = ours.TextField(max_length=255, allow_blank=True)
    website = serializers.URLField(max_length=500, allow_blank=True)
    social_links = ours.ObjectField()
    preferences = ours.ObjectField()

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "username",
            "first_name",
            "last_name",
            "global_name",
            "locale",
            "time_zone",
            "bio",
            "location",
            "website",
            "social_links",
            "preferences",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["email", "username"]
        rows = {
            "bio": _told("bio", ""),
            "location": _told("location", ""),
            "website": _told("website", ""),
            "social_links": _told("social_links", {}),
            "preferences": _told("preferences", {}),
        }


class TokenSerializer(StrictModelSerializer):
    """A key of one's own; its text is answered once, when it is made."""

    name = ours.TextField(max_length=100)
    scopes = ours.ListField(
        child=ours.ChoiceField(choices=AccessToken.Scope.choices), min_length=1, max_length=3
    )
    guild = ours.IdField(required=False, allow_null=True)
    expires_at = ours.InstantField(required=False, allow_null=True)

    class Meta:
        model = AccessToken
        fields = [
            "id",
            "name",
            "scopes",
            "guild",
            "hint",
            "expires_at",
            "last_used_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["hint", "last_used_at"]

    def validate_expires_at(self, value: Any) -> Any:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError(_("This moment is over."), "past")
        return value


class MadeTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class SessionSerializer(StrictSerializer):
    """A place where one is signed in."""

    id = ours.IdField(read_only=True)
    ip = serializers.IPAddressField(read_only=True)
    user_agent = serializers.CharField(read_only=True)
    is_current = ours.FlagField(read_only=True)
    created_at = ours.InstantField(read_only=True)
    last_seen_at = ours.InstantField(read_only=True)
