"""What staff see of people and households."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.guild.admin import GuildFilter, GuildRowAdmin, RecordAdmin, StaffAdmin
from accounts.models import (
    Absence,
    AccessToken,
    Change,
    Guild,
    Invite,
    Member,
    Profile,
    Replay,
    User,
)
from accounts.sessions import end_streams_of


@admin.register(User)
class UserAdmin(StaffAdmin):
    list_display = ["email", "username", "first_name", "status", "is_staff", "last_login"]
    list_filter = ["status", "is_staff", "created_at"]
    search_fields = ["email", "username", "first_name", "last_name", "global_name"]
    readonly_fields = ["last_login", "is_superuser"]
    secret_fields = ("password", "groups", "user_permissions")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if "status" in form.changed_data:
            end_streams_of(User.objects.get(pk=obj.pk))  # not by the role that wrote it


@admin.register(Profile)
class ProfileAdmin(StaffAdmin):
    list_display = ["user", "location", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "location"]


@admin.register(Guild)
class GuildAdmin(StaffAdmin):
    list_display = ["name", "slug", "member_count", "is_active", "deleted_at", "created_at"]
    list_filter = ["is_active", "created_at"]
    search_fields = ["name", "slug", "discord_guild_id"]
    # What others rely on: addresses in links, the tie to a server.
    readonly_fields = ["settings", "slug", "discord_guild_id"]


@admin.register(Member)
class MemberAdmin(GuildRowAdmin):
    list_display = ["nickname", "guild", "role", "user", "joined_at", "left_at"]
    list_select_related = ("guild", "user")
    list_filter = (GuildFilter, "role", "is_bot")
    search_fields = ["nickname", "user__email", "discord_id", "guild__name"]
    readonly_fields = ["role", "user"]


@admin.register(Absence)
class AbsenceAdmin(RecordAdmin, GuildRowAdmin):
    list_display = ["id", "guild", "member", "from_on", "until_on", "deleted_at"]
    list_select_related = ("guild", "member")
    list_filter = (GuildFilter, "from_on", "created_at")
    search_fields = ["id", "member__nickname", "guild__name", "guild__slug"]


@admin.register(Invite)
class InviteAdmin(GuildRowAdmin):
    list_display = ["id", "guild", "role", "uses_left", "expires_at", "revoked_at"]
    search_fields = ["guild__name", "guild__slug"]
    readonly_fields = ["role"]
    secret_fields = ("code_hash",)


@admin.register(AccessToken)
class AccessTokenAdmin(StaffAdmin):
    list_display = ["name", "user", "guild", "scopes", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user", "guild"]
    list_filter = [GuildFilter, "created_at"]
    search_fields = ["name", "user__email"]
    readonly_fields = ["user", "guild", "scopes"]
    secret_fields = ("token_hash",)


@admin.register(Replay)
class ReplayAdmin(StaffAdmin):
    list_display = ["key", "user", "status", "created_at"]
    list_select_related = ["user"]
    list_filter = ["status", "created_at"]
    search_fields = ["user__email"]
    secret_fields = ("body", "headers")

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Change)
class ChangeAdmin(GuildRowAdmin):
    list_display = ["created_at", "guild", "actor_name", "source", "verb", "kind", "entity_id"]
    list_filter = (GuildFilter, "source", "kind", "verb", "created_at")
    search_fields = ["entity_id", "actor_name", "guild__name"]
    # What was written is the household's; staff see who did what to which row.
    secret_fields = ("before", "after", "title")

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
