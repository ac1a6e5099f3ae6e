"""What the frame shows on every page of somebody who is signed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def households(request: HttpRequest) -> dict[str, Any]:
    """`households`: the person's open households, as far as the view looked them up."""
    return {"households": [member.guild for member in getattr(request, "memberships", [])]}
