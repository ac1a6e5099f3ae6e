"""JSON as strict as it can be read: what a database cannot hold never gets further than here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from config.web.api.problems import Problem

SURROGATES = range(0xD800, 0xE000)


class StrictJSONParser(BaseParser):
    """An object in UTF-8: no duplicate names, no NaN, no NUL, no half characters."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        if "charset=" in (media_type or "").lower().replace("charset=utf-8", ""):
            raise UnsupportedMediaType(media_type or "")
        # Not the stream: the body is measured against the limit, and read by Replay as well.
        body: bytes = parser_context["request"].body if parser_context else stream.read()
        return parse_object(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; raises Problem (400) for anything else."""
    try:
        value = _decoder.decode(body.decode())
    except UnicodeDecodeError as error:
        raise _malformed(_("The body is not UTF-8.")) from error
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise _malformed(
            _("The JSON breaks at line %(line)s, column %(column)s.") % where
        ) from error
    except RecursionError as error:
        raise _malformed(_("The JSON is nested too deep.")) from error
    except ValueError as error:
        raise _malformed(_("The JSON holds a number without end.")) from error
    if not isinstance(value, dict):
        raise _malformed(_("The body must be a JSON object."))
    # Half characters and NUL can only have come in as escapes.
    if b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body:
        _refuse_broken_text(value, "")
    return value


def _malformed(detail: str) -> Problem:
    return Problem(400, detail, code="malformed")


def _refuse_broken_text(value: Any, pointer: str) -> None:
    match value:
        case str():
            if "\0" in value or any(ord(sign) in SURROGATES for sign in value):
                raise Problem(400, _("This is not text."), code="not_text", pointer=pointer)
        case dict():
            for key, inner in value.items():
                _refuse_broken_text(key, pointer)
                _refuse_broken_text(inner, f"{pointer}/{key}")
        case list():
            for index, inner in enumerate(value):
                _refuse_broken_text(inner, f"{pointer}/{index}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _malformed(_("A name stands twice in one object."))
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _no_constant(text: str) -> float:
    raise ValueError(text)


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_constant
)
