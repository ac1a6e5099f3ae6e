"""Words that members put on what they keep."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.guild.models import NAME, GuildManager, GuildOwned, GuildQuerySet, Visibility
from accounts.guild.rls import GuildPolicy


class TagQuerySet(GuildQuerySet["Tag"]):
    def in_sight(self) -> Self:
        """Tags on at least one row that the member in scope may see.

        A word on private rows alone says what they are about. Link tables are seen like the rows
        they belong to, so any link that is seen will do, of whatever slice.
        """
        return self.filter(_on_any_row())


def on_household_rows() -> models.Q:
    """Whether the tag stands on a row of whatever slice that the whole household sees.

    For the role that sees all; in a guild's scope ask `in_sight`.
    """
    return _on_any_row(visibility=Visibility.HOUSEHOLD)


def _on_any_row(**wanted: Any) -> models.Q:
    seen = models.Q()
    for relation in Tag._meta.related_objects:
        links: Any = relation.related_model
        policy = next(one for one in links._meta.constraints if isinstance(one, GuildPolicy))
        mine: dict[str, Any] = {
            "guild": models.OuterRef("guild"),
            relation.field.name: models.OuterRef("pk"),
        }
        mine |= {f"{policy.parent}__{name}": value for name, value in wanted.items()}
        seen |= models.Q(models.Exists(links._base_manager.filter(**mine)))
    return seen


class Tag(GuildOwned):
    name = models.CharField(_("name"), max_length=50)

    objects: Any = GuildManager.from_queryset(TagQuerySet)()

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
