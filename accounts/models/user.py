"""A person who can sign in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, Row
from accounts.guild.rls import GuildPolicy, PolicyKind, quietly
from config.web.fields import ZoneField


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new user; the username is derived from the address when it is absent."""
        fields.setdefault("username", f"{email.partition('@')[0]}-{User().pk.hex[-6:]}"[:50])
        user = User(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin, Row):
    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        INACTIVE = "inactive", _("Inactive")
        SUSPENDED = "suspended", _("Suspended")
        DELETED = "deleted", _("Deleted")

    # Unique, so absent is NULL.
    email = models.EmailField(_("e-mail"), null=True, blank=True)  # noqa: DJ001
    username = models.CharField(_("username"), max_length=50, validators=[MinLengthValidator(3)])
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    global_name = models.CharField(_("name to be called by"), max_length=255, blank=True)
    discriminator = models.CharField(max_length=4, blank=True, editable=False)
    picture = models.URLField(_("picture"), max_length=500, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = ZoneField(_("time zone"), blank=True)
    # A column, because allauth and Django filter on it.
    is_active = models.GeneratedField(
        expression=models.Q(status=Status.ACTIVE),  # type: ignore[arg-type]  # a Q is one
        output_field=models.BooleanField(),
        db_persist=True,
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    metadata = models.JSONField(default=dict, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(Row.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            *quietly(Row.Meta.constraints, "last_login is_active"),
            models.UniqueConstraint(Lower("email"), name="accounts_user_email"),
            models.UniqueConstraint(Lower("username"), name="accounts_user_username"),
            models.CheckConstraint(
                condition=models.Q(username__length__gte=3), name="accounts_user_username_length"
            ),
        ]
        indexes = [
            models.Index(fields=["status"], name="accounts_user_status"),
            models.Index(fields=["created_at"], name="accounts_user_created"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What the household calls this person when nobody gave a nickname."""
        return self.global_name or self.first_name or self.username

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.name

    def get_short_name(self) -> str:
        return self.name


class Profile(Row):
    """What a person tells about herself."""

    user = models.OneToOneField(User, models.CASCADE, related_name="profile")
    bio = models.TextField(_("about me"), max_length=2000, blank=True)
    location = models.CharField(_("place"), max_length=255, blank=True)
    website = models.URLField(_("website"), max_length=500, blank=True)
    social_links = models.JSONField(default=dict, blank=True)
    preferences = models.JSONField(default=dict, blank=True)

    class Meta(Row.Meta):
        constraints = [
            *Row.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy", kind=PolicyKind.OWN),
        ]

    def __str__(self) -> str:
        return str(self.user_id)
