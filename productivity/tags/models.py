"""Words that members put on what they keep."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildOwned
from accounts.guild.rls import GuildPolicy


class Tag(GuildOwned):
    name = models.CharField(_("name"), max_length=50)

    class Meta(GuildOwned.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            *GuildOwned.Meta.constraints,
            GuildPolicy(name=f"{NAME}_policy"),
            models.UniqueConstraint(models.F("guild"), Lower("name"), name="tags_tag_name"),
            models.CheckConstraint(
                condition=~models.Q(name__regex=r"^\s*$"), name="tags_tag_name_not_blank"
            ),
        ]

    def __str__(self) -> str:
        return self.name
