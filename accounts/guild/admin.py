"""The one base of staff's pages: all guilds, through the system role, every act recorded."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import GuildOwned
from accounts.guild.scope import guild_scope
from accounts.history import acting_from, record
from accounts.models import Guild, Member, Source, User

SYSTEM = "system"
PEOPLE = (Guild, Member, User)
MOST_GUILDS = 200

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:  # generic for the type checker alone
    Base = admin.ModelAdmin


class StaffAdmin(Base):
    """Lists and edits rows across guilds. Making and removing rows is members' business: what they
    delete can be restored, what staff erased could not.

    `secret_fields` are never shown, `content_fields` not on rows that are private.
    """

    secret_fields: ClassVar[tuple[str, ...]] = ()
    content_fields: ClassVar[tuple[str, ...]] = ()
    list_per_page = 50
    show_full_result_count = False

    def __init__(self, model: type[models.Model], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        # A choice of all members of all guilds would be no choice.
        foreign = [f.name for f in model._meta.fields if isinstance(f, models.ForeignKey)]
        self.raw_id_fields = foreign  # type: ignore[misc]  # Django's own are set on the class

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        ordering = self.get_ordering(request) or ["-pk"]
        rows: models.QuerySet[Any] = self.model._base_manager.using(SYSTEM).order_by(*ordering)
        columns = {field.name for field in self.model._meta.concrete_fields}
        # What is never shown is never read, nor decrypted.
        return rows.defer(*(name for name in self.secret_fields if name in columns))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row; the contents of a private one are blanked before anything can show them."""
        row = super().get_object(request, object_id, from_field)
        if getattr(row, "is_private", False):
            for name in self.content_fields:
                setattr(row, name, "…")
        return row

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = [*(super().get_exclude(request, obj) or []), *self.secret_fields]
        if obj is not None and getattr(obj, "is_private", False):
            hidden += self.content_fields
        return hidden

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [field.name for field in self.model._meta.fields if not field.editable]
        hidden = self.get_exclude(request, obj)
        shown = [*super().get_readonly_fields(request, obj), *fixed]
        return [name for name in dict.fromkeys(shown) if name not in hidden]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one row, drawn while its guild is in scope: uniqueness is asked there."""
        row = self.get_object(request, object_id) if object_id else None
        with self._scope_of(row):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if isinstance(response, TemplateResponse):
                response.render()
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Write what changed, with a Change that names the columns; contents stay out of it."""
        if not form.changed_data:
            return
        with transaction.atomic(using=SYSTEM):
            obj.save(using=SYSTEM, update_fields=form.changed_data)
            if not isinstance(obj, GuildOwned | Guild):
                return
            with self._scope_of(obj), acting_from(Source.ADMIN):
                record(
                    "edited",
                    obj,
                    by=None,
                    after={"fields": sorted(form.changed_data)},
                    title=str(obj._meta.verbose_name),
                    actor_name=request.user.get_username(),
                    using=SYSTEM,
                )

    @staticmethod
    def _scope_of(row: Any) -> AbstractContextManager[Any]:
        if isinstance(row, Guild):
            return guild_scope(row.pk, using=SYSTEM)
        if isinstance(row, GuildOwned):
            return guild_scope(row.guild_id, using=SYSTEM)
        return nullcontext()


class RecordAdmin(StaffAdmin):
    """Rows to be looked at only. Other rows stand there by their ids: their names are contents."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = {*self.secret_fields, *self.content_fields}
        return [
            field.name if field.related_model in PEOPLE else field.attname
            for field in self.model._meta.concrete_fields
            if field.name not in hidden
        ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_readonly_fields(request, obj)


class GuildFilter(admin.SimpleListFilter):
    """One household; the newest two hundred are offered, any can be asked for by its id."""

    title = _("household")
    parameter_name = "guild"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        guilds = Guild._base_manager.using(SYSTEM).order_by("-created_at")[:MOST_GUILDS]
        return [(str(guild.pk), guild.name) for guild in guilds]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        try:
            return queryset.filter(guild=self.value()) if self.value() else queryset
        except ValidationError as error:
            raise IncorrectLookupParameters from error


class GuildRowAdmin(StaffAdmin):
    """Rows of a guild: the guild is shown, filtered and fetched along."""

    list_select_related: ClassVar[Any] = ("guild",)
    list_filter: ClassVar[Any] = (GuildFilter,)
