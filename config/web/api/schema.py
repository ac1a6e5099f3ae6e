"""The documentation of the API, OpenAPI 3.1, made from the views themselves."""

from __future__ import annotations

from typing import Any

from django_filters import FilterSet
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from config.web.api import cursor
from config.web.api.filters import ChoicesFilter
from config.web.api.problems import CONTENT_TYPE
from config.web.api.serializers import StrictSerializer
from config.web.api.views import ApiViewSet

ID = "019aa1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `errors` says what is wrong where: a JSON pointer into the body, or "
    "`/name` of a parameter or header.",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:guildhall:problem:invalid"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": {"type": "string", "examples": ["/title"]},
                    "code": {"type": "string", "examples": ["blank"]},
                    "message": {"type": "string"},
                },
            },
        },
        "current": {"type": "object", "description": "With 412: the row as it is now."},
    },
}
REASONS = {
    400: "The body or a parameter cannot be accepted.",
    401: "There is no valid token.",
    403: "Role or key do not allow this.",
    404: "It is not there, or not yours to see.",
    406: "The client does not take JSON.",
    409: "It does not fit what is there, or the Idempotency-Key was used for another request.",
    412: "The row has changed: If-Match does not name it as it is.",
    413: "The body is larger than a megabyte.",
    415: "The body is not JSON.",
    429: "Too many requests in this minute; see Retry-After.",
}
BUDGET = {
    name: {"description": text, "schema": {"type": "integer"}}
    for name, text in {
        "RateLimit-Limit": "Requests a minute.",
        "RateLimit-Remaining": "Requests left in this minute.",
        "RateLimit-Reset": "Seconds until the next minute.",
    }.items()
}
ETAG = {"ETag": {"description": "Of the row, for If-Match.", "schema": {"type": "string"}}}
LOCATION = {"Location": {"description": "Where the row is.", "schema": {"type": "string"}}}
REPLAYED = {
    "Idempotency-Replayed": {
        "description": "Set when this is the first answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


def verb(*, body: Any = None, answers: Any = None, status: int = 200) -> Any:
    """Documents a verb beside the usual ones: the shape of its body and of its answer, or none."""
    return extend_schema(
        request=body, responses={status: answers or OpenApiResponse(description="Done.")}
    )


class Schema(AutoSchema):
    """Adds what all operations of ours have in common, so that slices do not repeat it."""

    def get_operation_id(self) -> str:
        action = getattr(self.view, "action", None)
        plain = [part.replace("-", "_") for part in self._tokenize_path()]
        names = {"partial_update": "edit", "update": "replace", "destroy": "delete"}
        if action in {"list", "retrieve", "create", *names} or not action:
            plain.append(names.get(action or "", action or self.method.lower()))
        return "_".join(plain)

    def get_tags(self) -> list[str]:
        return self._tokenize_path()[:1]

    def _tokenize_path(self) -> list[str]:
        parts: list[str] = super()._tokenize_path()
        # Everything of a household lies below it; its own rows are called guilds.
        return (
            parts[1:]
            if parts[0] == "guilds" and len(parts) > 1 and "{guild}" in self.path
            else parts
        )

    # --- Parameters

    def get_override_parameters(self) -> list[OpenApiParameter]:
        if not isinstance(self.view, ApiViewSet):
            return []
        parameters = []
        if self.method == "POST":
            text = "Repeats of this request within a day get its first answer."
            parameters.append(_header("Idempotency-Key", text, maxLength=200, pattern="^[!-~]+$"))
        if self.method in {"PATCH", "PUT", "DELETE"}:
            parameters.append(_header("If-Match", "Write only when the row still has this ETag."))
        if self.method == "GET" and self.view.action == "retrieve":
            parameters.append(_header("If-None-Match", "Answer 304 when the row has this ETag."))
        return parameters

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        if getattr(self.view, "action", None) != "list":
            return []
        filters: type[FilterSet] | None = self.view.filterset_class
        return [
            _filter(name, one) for name, one in (filters.base_filters if filters else {}).items()
        ]

    def _get_pagination_parameters(self) -> list[dict[str, Any]]:
        if not self._is_page():
            return []
        limit = {"type": "integer", "minimum": 1, "maximum": cursor.MOST, "default": cursor.LIMIT}
        parameters = [
            _query("limit", limit, "Rows of one page."),
            _query("cursor", {"type": "string"}, "`next` of the page before."),
        ]
        orders = list(self.view.orders)
        if len(orders) > 1:
            schema = {"type": "string", "enum": orders, "default": orders[0]}
            parameters.append(_query("order", schema, "What comes first."))
        return parameters

    # --- Bodies

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # pages have an envelope of ours

    def _is_page(self) -> bool:
        return isinstance(self.view, ApiViewSet) and self.view.action == "list"

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if not isinstance(serializer, StrictSerializer):
            return schema
        if direction == "request":
            schema["additionalProperties"] = False
        else:
            schema["required"] = sorted(
                name for name, field in serializer.fields.items() if not field.write_only
            )
        return schema

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if not isinstance(self.view, ApiViewSet):
            return bodies
        if self._is_page():
            content = bodies["200"]["content"]["application/json"]
            content["schema"] = self._page_of(content["schema"])
        for status, body in bodies.items():
            body["description"] = body.get("description") or "As asked."
            body["headers"] = {**body.get("headers", {}), **self._headers(status), **BUDGET}
        if self.view.action == "retrieve":
            bodies["304"] = {"description": "The client has the row as it is.", "headers": ETAG}
        if self._is_create_operation():
            twin = {**bodies["201"], "description": "The row was made before, by the same request."}
            bodies["200"] = twin
        for status in self._problems():
            bodies.setdefault(str(status), self._problem(status))
        return dict(sorted(bodies.items()))

    def _headers(self, status: str) -> dict[str, Any]:
        headers: dict[str, Any] = {}
        if self.view.action in {"retrieve", "create", "update", "partial_update"}:
            headers |= ETAG
        if status == "201":
            headers |= LOCATION
        if self.method == "POST":
            headers |= REPLAYED
        return headers

    def _problems(self) -> list[int]:
        """The statuses that this operation can answer beside its own."""
        statuses = [400, 401, 403, 406, 429]
        if "{" in self.path:
            statuses.append(404)
        if self.method in {"POST", "PUT", "PATCH"}:
            statuses += [409, 413, 415]
        if self.method == "DELETE":
            statuses.append(409)
        if (
            self.method in {"PUT", "PATCH", "DELETE"}
            or "{pk}" in self.path
            and self.method == "POST"
        ):
            statuses.append(412)
        return sorted(statuses)

    def _problem(self, status: int) -> dict[str, Any]:
        component = ResolvedComponent(
            name="Problem", type=ResolvedComponent.SCHEMA, object="Problem", schema=PROBLEM
        )
        self.registry.register_on_missing(component)
        headers = dict(BUDGET)
        if status == 401:
            headers = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}}
        if status == 429:
            headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds."}
        return {
            "description": REASONS[status],
            "headers": headers,
            "content": {CONTENT_TYPE: {"schema": component.ref}},
        }

    def _page_of(self, row: dict[str, Any]) -> dict[str, Any]:
        name = row["$ref"].rsplit("/", 1)[1]
        component = ResolvedComponent(
            name=f"{name}Page",
            type=ResolvedComponent.SCHEMA,
            object=f"{name}Page",
            schema={
                "type": "object",
                "required": ["results", "next"],
                "properties": {
                    "results": {"type": "array", "items": row},
                    "next": {
                        "type": ["string", "null"],
                        "description": "The cursor of the next page; null on the last one.",
                    },
                },
            },
        )
        self.registry.register_on_missing(component)
        ref: dict[str, Any] = component.ref
        return ref


def _header(name: str, text: str, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, {"type": "string", **schema}, OpenApiParameter.HEADER, description=text
    )


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "schema": schema, "description": description}


def _filter(name: str, one: Any) -> dict[str, Any]:
    schema = getattr(one, "schema", None)
    if schema is None:
        words = {"type": "string", "enum": [value for value, _label in one.extra["choices"]]}
        schema = {"type": "array", "items": words} if isinstance(one, ChoicesFilter) else words
    return _query(name, schema, str(one.extra.get("help_text") or one.label or ""))
