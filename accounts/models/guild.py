"""The household, who lives in it and who is asked to join."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import (
    NAME,
    GuildField,
    GuildKey,
    GuildManager,
    GuildOwned,
    GuildQuerySet,
    Row,
)
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind, quietly
from config.web.chosen import zone_or
from config.web.fields import ZoneField

if TYPE_CHECKING:
    from accounts.models.user import User

discord_id = RegexValidator(r"^\d{17,20}$", _("A Discord id has 17 to 20 digits."))


class Guild(Row):
    """A household."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    time_zone = ZoneField(_("time zone"), default="UTC")
    locale = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    settings = models.JSONField(default=dict, blank=True)
    discord_guild_id = models.CharField(
        max_length=20, null=True, blank=True, unique=True, validators=[discord_id]
    )
    is_active = models.BooleanField(_("active"), default=True)
    member_count = models.PositiveIntegerField(_("members"), default=0, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    class Meta(Row.Meta):
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [
            *quietly(Row.Meta.constraints, "member_count"),
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.MEMBERSHIP, guild="id"),
            models.CheckConstraint(
                condition=~models.Q(name__regex=r"^\s*$"), name="accounts_guild_name_not_blank"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def day(self, at: datetime) -> date:
        """The day that the household's calendar shows then."""
        return at.astimezone(zone_or(self.time_zone)).date()


class Role(models.TextChoices):
    """In rising order; `Member.may` reads it."""

    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member")
    ADMIN = "admin", _("Admin")
    OWNER = "owner", _("Owner")

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class MemberQuerySet(GuildQuerySet["Member"]):
    def present(self) -> Self:
        """Who lives here now, in the order in which they came."""
        return self.filter(left_at=None).order_by("joined_at", "id")


class Member(GuildOwned):
    """A person in a household; without a user: known from Discord only, or a child."""

    guild_id: UUID
    guild = GuildField(
        Guild,
        models.DB_CASCADE,
        editable=False,
        db_index=False,
        related_name="members",
    )
    user_id: UUID | None
    user: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DB_SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="memberships",
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=6, choices=Role, default=Role.MEMBER)
    nickname = models.CharField(_("name"), max_length=100)
    colour = models.PositiveSmallIntegerField(_("colour"), default=1)
    discord_id = models.CharField(  # noqa: DJ001  # unique, so absent is NULL
        max_length=20, null=True, blank=True, validators=[discord_id], verbose_name="Discord"
    )
    discord_roles = models.JSONField(default=list, blank=True)
    is_bot = models.BooleanField(default=False, editable=False)
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left"), null=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)

    objects = GuildManager.from_queryset(MemberQuerySet)()

    class Meta(GuildOwned.Meta):
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            *quietly(GuildOwned.Meta.constraints, "last_seen_at"),
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.MEMBERSHIP),
            models.UniqueConstraint(fields=["guild", "user"], name="accounts_member_user"),
            models.UniqueConstraint(fields=["guild", "discord_id"], name="accounts_member_discord"),
            models.UniqueConstraint(
                fields=["guild"],
                condition=models.Q(role=Role.OWNER, left_at=None),
                name="accounts_member_one_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(colour__gte=1, colour__lte=8), name="accounts_member_colour"
            ),
        ]
        indexes = [
            # Which households a person is in, asked at every sign-in: crosses guilds by design.
            models.Index(fields=["user", "guild"], name="accounts_member_households"),
            models.Index(fields=["guild", "-joined_at"], name="accounts_member_joined"),
        ]

    def __str__(self) -> str:
        return self.nickname

    @property
    def name(self) -> str:
        return self.nickname

    @property
    def home_zone(self) -> str:
        """The zone in which her wall-clock times are meant: her own, else the household's."""
        return zone_or(self.user.time_zone if self.user else "", self.guild.time_zone).key

    def may(self, role: Role) -> bool:
        """Whether this member has at least the rights of `role`."""
        return self.left_at is None and Role(self.role).rank >= role.rank

    def manages(self, other: Member) -> bool:
        """Whether this admin may rename or remove the other: everybody of a lower rank."""
        return self.may(Role.ADMIN) and Role(self.role).rank > Role(other.role).rank

    @property
    def can_write(self) -> bool:
        return self.may(Role.MEMBER)

    @property
    def is_admin(self) -> bool:
        return self.may(Role.ADMIN)

    @property
    def is_owner(self) -> bool:
        return self.may(Role.OWNER)


class InviteQuerySet(GuildQuerySet["Invite"]):
    def open(self, *, at: datetime) -> Self:
        """Invitations that still let somebody in, the newest first."""
        still = self.filter(revoked_at=None, uses_left__gt=0, expires_at__gt=at)
        return still.order_by("-created_at", "-id")


class Invite(GuildOwned):
    """A link into the household; only the hash of its code is kept."""

    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    role = models.CharField(_("role"), max_length=6, choices=Role, default=Role.MEMBER)
    expires_at = models.DateTimeField(_("valid until"))
    uses_left = models.PositiveSmallIntegerField(_("uses left"), default=1)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    created_by_id: UUID | None
    created_by = GuildKey(Member, models.DO_NOTHING, null=True, editable=False)

    objects = GuildManager.from_queryset(InviteQuerySet)()

    class Meta(GuildOwned.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy"),
            GuildForeignKey(name=f"{NAME}_created_by", field="created_by", on_delete="SET NULL"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OWNER), name="accounts_invite_never_owner"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
