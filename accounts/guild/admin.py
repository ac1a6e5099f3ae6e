"""The one base of staff's pages: all guilds, through the system role, every act recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db import models, transaction
from django.db.models.fields.related import ForeignKey
from django.http import HttpRequest

from accounts.guild.scope import guild_scope
from accounts.history import acting_from, record
from accounts.models import Guild, Source

SYSTEM = "system"


if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:  # generic for the type checker alone
    Base = admin.ModelAdmin


class StaffAdmin(Base):
    """Lists and edits rows across guilds; adding rows is members' business, except where said.

    `secret_fields` are never shown; `content_fields` are hidden on rows that are private.
    """

    secret_fields: ClassVar[tuple[str, ...]] = ()
    content_fields: ClassVar[tuple[str, ...]] = ()
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = self.model._base_manager.using(SYSTEM)
        ordering = self.get_ordering(request)
        related = self.list_select_related
        if isinstance(related, list | tuple) and related:
            rows = rows.select_related(*related)
        return rows.order_by(*ordering) if ordering else rows.order_by("-pk")

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = [*(super().get_exclude(request, obj) or []), *self.secret_fields]
        if obj is not None and getattr(obj, "is_private", False):
            hidden += self.content_fields
        return hidden

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [f.name for f in self.model._meta.fields if not f.editable and f.name != "id"]
        hidden = set(self.get_exclude(request, obj))
        return [
            name
            for name in [*super().get_readonly_fields(request, obj), *fixed]
            if name not in hidden
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        with transaction.atomic(using=SYSTEM):
            obj.save(using=SYSTEM, update_fields=form.changed_data or None)
            self._record("edited", obj, request, sorted(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic(using=SYSTEM):
            self._record("erased", obj, request)
            obj.delete(using=SYSTEM)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("using", SYSTEM)
        target = db_field.remote_field.model
        kwargs.setdefault("queryset", target._base_manager.using(SYSTEM))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _record(
        self, verb: str, obj: Any, request: HttpRequest, fields: list[str] | None = None
    ) -> None:
        """Write a Change into the row's guild; contents stay out, names of fields are enough."""
        guild_id = obj.pk if isinstance(obj, Guild) else getattr(obj, "guild_id", None)
        if guild_id is None:
            return
        after = {"fields": fields} if fields else None
        with guild_scope(guild_id, using=SYSTEM), acting_from(Source.ADMIN):
            record(
                verb,
                obj,
                by=None,
                after=after,
                title=str(obj._meta.verbose_name),
                actor_name=request.user.get_username(),
                using=SYSTEM,
            )


class GuildRowAdmin(StaffAdmin):
    """Rows of a guild: the guild is shown, filtered and fetched along."""

    list_select_related = ("guild",)
    list_filter = ("guild",)
