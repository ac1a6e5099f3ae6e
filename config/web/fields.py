"""Model fields that know what the household's words may be."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _


@cache
def zones() -> frozenset[str]:
    """Every zone of this machine; the look-up reads some hundred files."""
    return frozenset(zoneinfo.available_timezones())


# `field__length` in constraints.
models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


def valid_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA zone that this machine knows."""
    if name not in zones():
        raise ValidationError(_("There is no time zone “%(name)s”."), "zone", {"name": name})


class ZoneField(models.CharField):  # type: ignore[type-arg]  # generic for the type checker alone
    """The name of an IANA time zone, such as Europe/Berlin."""

    default_validators = [*models.CharField.default_validators, valid_zone]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 64
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs
