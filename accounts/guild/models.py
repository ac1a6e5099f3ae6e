"""The bases of every row that belongs to a guild."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.guild.ids import uuid7
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind, Touched
from accounts.guild.scope import current_guild_id

if TYPE_CHECKING:
    from accounts.models import Member

NAME = "%(app_label)s_%(class)s"


class Visibility(models.TextChoices):
    HOUSEHOLD = "household", _("Household")
    PRIVATE = "private", _("Only me")


class GuildQuerySet[M: "GuildOwned"](models.QuerySet[M]):
    """Questions that every guild-owned table answers."""

    def live(self) -> Self:
        """Rows that are not in the trash."""
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)


class GuildManager[M: "GuildOwned"](models.Manager[M]):
    """Lock one: raises NoGuild outside a scope, adds `guild_id = …` inside it."""

    def get_queryset(self) -> GuildQuerySet[M]:
        return super().get_queryset().filter(guild_id=current_guild_id())  # type: ignore[return-value]


class GuildField(models.ForeignKey):  # type: ignore[type-arg]  # generic for the type checker alone
    """The guild of a row. It fills itself from the scope: no writer can forget or choose it."""

    def get_default(self) -> UUID:
        # Not `default=`: with one, type checkers take the guild of every row for optional.
        return current_guild_id()


if TYPE_CHECKING:
    # Type checkers know the generics of this one by its name.
    GuildKey = models.ForeignKey
else:

    class GuildKey(models.ForeignKey):
        """A reference to another row of the guild. A `GuildForeignKey` among the constraints holds
        it in the database, guild and all, and says what becomes of this row when that one goes.
        """

        def __init__(self, to, on_delete, **kwargs) -> None:
            usual = {"db_constraint": False, "db_index": False, "related_name": "+"}
            super().__init__(to, on_delete, **usual | kwargs)

        def deconstruct(self):
            # Migrations need no class of ours for a column that is like any other.
            name, _path, args, kwargs = super().deconstruct()
            return name, "django.db.models.ForeignKey", args, kwargs


class Row(models.Model):
    """An id that sorts by time, and when the row was made and last written."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("made"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), db_default=Now(), editable=False)

    class Meta:
        abstract = True
        constraints = [Touched(name=f"{NAME}_touch")]


class GuildOwned(Row):
    """A row of one guild."""

    guild_id: UUID
    guild = GuildField(
        "accounts.Guild",
        models.DB_CASCADE,
        editable=False,
        db_index=False,
        related_name="+",
    )

    objects: Any = GuildManager.from_queryset(GuildQuerySet)()

    class Meta:
        abstract = True
        constraints = [
            *Row.Meta.constraints,
            # What composite foreign keys point at.
            models.UniqueConstraint(fields=["guild", "id"], name=f"{NAME}_guild_id"),
        ]


class MadeByMember(GuildOwned):
    """A row that a member made, for the household or for herself, with a trash."""

    created_by_id: UUID | None
    created_by = GuildKey(
        "accounts.Member", models.DO_NOTHING, null=True, editable=False, verbose_name=_("made by")
    )
    visibility = models.CharField(
        _("who may see it"), max_length=9, choices=Visibility, default=Visibility.HOUSEHOLD
    )
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    deleted_by_id: UUID | None
    deleted_by = GuildKey("accounts.Member", models.DO_NOTHING, null=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.PRIVATE),
            GuildForeignKey(name=f"{NAME}_created_by", field="created_by", on_delete="SET NULL"),
            GuildForeignKey(name=f"{NAME}_deleted_by", field="deleted_by", on_delete="SET NULL"),
        ]

    @property
    def is_private(self) -> bool:
        return self.visibility == Visibility.PRIVATE

    def is_only_of(self, member: Member) -> bool:
        """Whether nobody but this member has to do with the row: it is her own and private."""
        return self.is_private and self.created_by_id == member.pk

    def is_writable_by(self, member: Member) -> bool:
        """Whether this member, who sees the row, may change it: what is hers alone anybody may,
        also a viewer; the rest takes the role that writes.
        """
        return member.can_write or (member.left_at is None and self.is_only_of(member))

    def is_restorable_by(self, member: Member) -> bool:
        """Whether this member may take the row out of the trash: what she made or deleted
        herself; others' is an admin's.
        """
        own = member.pk in (self.created_by_id, self.deleted_by_id)
        return self.is_writable_by(member) and (own or member.is_admin)
