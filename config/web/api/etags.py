"""Entity tags of what is answered, and the two headers that bring them back (RFC 9110 §13).

A tag has two halves, `"row.account"`. The second is of what we keep account of in the row, such as
when somebody was seen: it is news for who reads, and no reason to refuse a write.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from typing import Any

import orjson
from django.utils.translation import gettext as _

from config.web.api.problems import Problem

TAG = re.compile(r'(W/)?("[\x21\x23-\x7e]*")', re.ASCII)
TAGS = re.compile(rf"{TAG.pattern}(?:[ \t]*,[ \t]*{TAG.pattern})*", re.ASCII)


def etag(row: bytes, shape: Any) -> str:
    """The strong tag of this JSON, which `config.web.api.rows` wrote in the shape."""
    said = orjson.loads(row)
    account = [said.pop(name) for name in _account(shape)]
    return f'"{_digest(said)}.{_digest(account)}"'


def not_modified(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names this answer; weak tags count here."""
    return header is not None and (header.strip() == "*" or tag in {t for _w, t in _tags(header)})


def still_matches(header: str | None, tag: str) -> bool:
    """Whether If-Match names this row; a weak tag never does, no header always does."""
    return (
        header is None
        or header.strip() == "*"
        or _row(tag) in {_row(named) for weak, named in _tags(header) if not weak}
    )


def _row(tag: str) -> str:
    return tag.partition(".")[0]


def _digest(said: Any) -> str:
    return sha256(orjson.dumps(said)).hexdigest()[:16]


@cache
def _account(shape: Any) -> list[str]:
    """The fields whose writing is no change of the row: what its `Touched` trigger leaves alone,
    `updated_at` itself, and what the shape says of other tables (`Meta.account`).
    """
    quiet = {"updated_at", *getattr(shape.Meta, "account", ())}
    for constraint in shape.Meta.model._meta.constraints:
        quiet.update(getattr(constraint, "quiet", "").split())
    return [name for name, field in shape().fields.items() if field.source in quiet]


def _tags(header: str) -> list[tuple[bool, str]]:
    if not TAGS.fullmatch(header.strip()):
        raise Problem(400, _("An entity tag is written in double quotes."), code="malformed_etag")
    return [(bool(weak), tag) for weak, tag in TAG.findall(header)]
