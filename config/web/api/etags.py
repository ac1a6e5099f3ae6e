"""Entity tags of rows, and the two headers that carry them back (RFC 9110 §13)."""

from __future__ import annotations

import re
from datetime import datetime

from django.utils.translation import gettext as _

from config.web.api.problems import Problem
from config.web.api.renderers import instant

TAG = re.compile(r'(W/)?("[\x21\x23-\x7e]*")', re.ASCII)
TAGS = re.compile(rf"{TAG.pattern}(?:[ \t]*,[ \t]*{TAG.pattern})*", re.ASCII)


def etag(updated_at: datetime | str) -> str:
    """The strong tag of a row as it stood when it was last written."""
    text = updated_at if isinstance(updated_at, str) else instant(updated_at)
    return f'"{re.sub(r"[^0-9]", "", text)}"'


def not_modified(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names this row; weak tags count here."""
    return header is not None and (header.strip() == "*" or tag in {t for _w, t in _tags(header)})


def still_matches(header: str | None, tag: str) -> bool:
    """Whether If-Match allows the write; a weak tag never does, no header always does."""
    return (
        header is None
        or header.strip() == "*"
        or tag in {t for weak, t in _tags(header) if not weak}
    )


def _tags(header: str) -> list[tuple[bool, str]]:
    if not TAGS.fullmatch(header.strip()):
        raise Problem(400, _("An entity tag is written in double quotes."), code="malformed_etag")
    return [(bool(weak), tag) for weak, tag in TAG.findall(header)]
