"""What all operations share in the documentation: headers, problems, their schema."""

from __future__ import annotations

from typing import Any

from config.web.api.problems import CONTENT_TYPE

ID = "019aa1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b"
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["pointer", "code", "message"],
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON pointer into the body, or `/name` of a parameter or header.",
            "examples": ["/title"],
        },
        "code": {"type": "string", "examples": ["blank"]},
        "message": {"type": "string", "examples": ["This field may not be blank."]},
    },
}
SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457.",
        "required": ["type", "title", "status", "detail", "errors"],
        "properties": {
            "type": {"type": "string", "examples": ["urn:guildhall:problem:invalid"]},
            "title": {"type": "string", "examples": ["This cannot be accepted"]},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "examples": ["Some of it cannot be accepted."]},
            "errors": {"type": "array", "items": ERROR},
            "current": {"type": "object", "description": "With 412: the row as it is now."},
        },
    }
}
REASONS = {
    400: "The body, a parameter or a header cannot be accepted.",
    401: "There is no valid token.",
    403: "Role or key do not allow this.",
    404: "It is not there, or not yours to see.",
    406: "The client does not take JSON.",
    409: "It does not fit what is there, or the Idempotency-Key was used for another request.",
    412: "The row has changed: If-Match does not name it as it is.",
    413: "The body is larger than a megabyte.",
    415: "The body is not JSON.",
    429: "Too many requests in this minute.",
}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


HEADERS = {
    "ETag": _header("Of the row, for If-Match and If-None-Match."),
    "Idempotency-Replayed": _header("`true` when this is the first answer again."),
    "Location": _header("Where the row is."),
    "RateLimit-Limit": _header("Requests a minute.", "integer"),
    "RateLimit-Remaining": _header("Requests left in this minute.", "integer"),
    "RateLimit-Reset": _header("Seconds until the next minute.", "integer"),
    "Retry-After": _header("Seconds to wait.", "integer"),
    "WWW-Authenticate": _header("`Bearer`, with an error when the token was not valid."),
}


def _response(status: int) -> dict[str, Any]:
    names = {401: ["WWW-Authenticate"], 412: ["ETag"], 429: ["Retry-After"]}.get(status, [])
    return {
        "description": REASONS[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


RESPONSES = {status: _response(status) for status in REASONS}
