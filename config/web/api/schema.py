"""The documentation of the API, OpenAPI 3.1, made from the views themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django_filters import FilterSet
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action

from config.web.api import cursor
from config.web.api.filters import ChoicesFilter
from config.web.api.serializers import StrictModelSerializer, StrictSerializer
from config.web.api.views import ApiViewSet
from config.web.api.vocabulary import HEADERS, ID, RESPONSES, SCHEMAS

NAMES = {"partial_update": "edit", "update": "replace", "destroy": "delete", "retrieve": "get"}
TAGS = r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$'
SUMMARIES = {
    "list": "List",
    "create": "Create",
    "retrieve": "Read",
    "update": "Replace",
    "partial_update": "Edit",
    "destroy": "Delete",
}


def verb(
    *,
    detail: bool = True,
    methods: Sequence[Any] = ("post",),
    body: Any = None,
    answers: Any = None,
    status: int = 200,
    **kwargs: Any,
) -> Callable[[Any], Any]:
    """A verb beside the usual ones: DRF's `action`, with the shapes of its body and its answer."""

    def decorate(method: Any) -> Any:
        documented = extend_schema(
            request=body, responses={status: answers or OpenApiResponse(description="Done.")}
        )
        return documented(action(detail=detail, methods=list(methods), **kwargs)(method))

    return decorate


class Generator(SchemaGenerator):
    """Puts beside the schemas what all operations refer to."""

    def get_schema(self, request: Any = None, public: Any = False) -> dict[str, Any]:  # noqa: FBT002
        result: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        components = result["components"]
        components["schemas"] = dict(sorted({**components.get("schemas", {}), **SCHEMAS}.items()))
        components["headers"] = HEADERS
        components["responses"] = {str(code): one for code, one in RESPONSES.items()}
        return result


class Schema(AutoSchema):
    """Adds what all operations of ours have in common, so that slices do not repeat it."""

    view: Any

    def get_operation_id(self) -> str:
        name = getattr(self.view, "action", None) or self.method.lower()
        parts = [part.replace("-", "_") for part in self._tokenize_path()]
        if name in SUMMARIES:
            parts.append(NAMES.get(name, name))
        return "_".join(parts)

    def get_summary(self) -> str | None:
        name = getattr(self.view, "action", "")
        if name in SUMMARIES:
            return f"{SUMMARIES[name]} {self._tokenize_path()[-1]}"
        return str(name).replace("_", " ").capitalize() or None

    def get_tags(self) -> list[str]:
        return self._tokenize_path()[:1]

    def _tokenize_path(self) -> list[str]:
        parts: list[str] = super()._tokenize_path()
        # A household's things are named after what they are, not after where they lie;
        # what is done to the household itself keeps its name.
        itself = getattr(self.view, "detail", False) and "{id}" not in self.path
        inside = "{guild}" in self.path and len(parts) > 1 and not itself
        return parts[1:] if inside else parts

    # --- Parameters

    def get_override_parameters(self) -> list[Any]:
        if not isinstance(self.view, ApiViewSet):
            return []
        parameters = []
        if self.method == "POST":
            text = "Repeats of this request within a day get its first answer."
            parameters.append(_header("Idempotency-Key", text, pattern="^[!-~]{1,200}$"))
        if self.method != "GET" and self.view.detail:
            text = "Write only when the row still has this ETag."
            parameters.append(_header("If-Match", text, pattern=TAGS))
        if self.method == "GET" and self.view.action == "retrieve":
            text = "Answer 304 when the row has this ETag."
            parameters.append(_header("If-None-Match", text, pattern=TAGS))
        return parameters

    def _resolve_path_parameters(self, variables: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in parameters:
            if parameter["schema"].get("format") == "uuid":
                parameter["example"] = ID
        return parameters

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        if not self._is_page():
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
            _query("cursor", {"type": "string", "minLength": 1}, "`next` of the page before."),
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

    def _get_request_body(self, direction: Any = "request") -> dict[str, Any] | None:
        body: dict[str, Any] | None = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        if body and self.method == "PATCH":
            body["required"] = True  # fields may be left out, the object may not
        return body

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if not isinstance(serializer, StrictSerializer):
            return schema
        if type(serializer).__doc__ in {
            StrictSerializer.__doc__,
            StrictModelSerializer.__doc__,
            None,
        }:
            schema.pop("description", None)
        if direction == "request":
            schema["additionalProperties"] = False
        else:
            schema["required"] = sorted(
                name for name, field in serializer.fields.items() if not field.write_only
            )
        return schema

    def _map_serializer_field(
        self,
        field: Any,
        direction: str,
        bypass_extensions: Any = False,  # noqa: FBT002
    ) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if schema.get("format") == "uuid":
            schema["examples"] = [ID]
        if {} in schema.get("oneOf", []):  # any JSON, null among it
            del schema["oneOf"]
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if not isinstance(self.view, ApiViewSet):
            return bodies
        if self._is_page():
            content = bodies["200"]["content"]["application/json"]
            content["schema"] = self._page_of(content["schema"])
        for status, body in bodies.items():
            body["description"] = body.get("description") or "As asked."
            body["headers"] = {name: _ref("headers", name) for name in self._headers(status)}
        if self.view.action == "retrieve":
            bodies["304"] = {"description": "The client has the row as it is."}
        if self._is_create_operation():
            again = "The row was made before, by the same person with the same body."
            bodies["200"] = {**bodies["201"], "description": again}
        for code in self._problems():
            bodies.setdefault(str(code), _ref("responses", str(code)))
        return dict(sorted(bodies.items()))

    def _headers(self, status: str) -> list[str]:
        names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
        if self.view.action in {"retrieve", "create", "update", "partial_update"}:
            names.append("ETag")
        if status == "201":
            names.append("Location")
        if self.method == "POST":
            names.append("Idempotency-Replayed")
        return names

    def _problems(self) -> list[int]:
        """The statuses that this operation can answer beside its own."""
        statuses = [400, 401, 403, 406, 429]
        if "{" in self.path or self.method == "POST":
            statuses.append(404)
        if self.method in {"POST", "PUT", "PATCH"}:
            statuses += [413, 415]
        if self.method != "GET":
            statuses.append(409)
            statuses += [412] if self.view.detail else []
        return sorted(statuses)

    def _page_of(self, row: dict[str, Any]) -> dict[str, Any]:
        name = f"{row['$ref'].rsplit('/', 1)[1]}Page"
        schema = {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": {"type": "array", "items": row},
                "next": {
                    "type": ["string", "null"],
                    "description": "The cursor of the next page; null on the last one.",
                },
            },
        }
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        ref: dict[str, Any] = component.ref
        return ref


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _header(name: str, text: str, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", "minLength": 1, **schema},
        OpenApiParameter.HEADER,
        description=text,
    )


def _query(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    told = {"description": description} if description else {}
    return {"in": "query", "name": name, "schema": schema, **told}


def _filter(name: str, one: Any) -> dict[str, Any]:
    schema = getattr(one, "schema", None)
    if schema is None:
        words = {"type": "string", "enum": [value for value, _label in one.extra["choices"]]}
        schema = {"type": "array", "items": words} if isinstance(one, ChoicesFilter) else words
    return _query(name, schema, str(one.extra.get("help_text") or ""))
