from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and households")

    def ready(self) -> None:
        # allauth signs its tokens with parts of this package that it never imports itself.
        import cryptography.hazmat.primitives.ciphers
        import cryptography.hazmat.primitives.serialization  # noqa: F401

        import accounts.reverts  # noqa: F401  # registers them
        from accounts.guild.roles import grant

        post_migrate.connect(grant, sender=self)
