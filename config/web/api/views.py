"""How a request of the API runs: admitted, then handled inside a scope, then answered.

An exception leaves the scope before it is answered, so whatever it interrupted is rolled back;
and everything a handler answers is bytes before the scope closes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

import orjson
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from config.web.api import cursor, filters
from config.web.api.etags import etag, not_modified, still_matches
from config.web.api.problems import Problem, not_found
from config.web.api.rows import one
from config.web.api.throttles import Budget, spend_address, spend_person

Handler = Callable[..., HttpResponseBase]
JSON = "application/json"


class ApiViewSet(GenericViewSet[Any]):
    """Admits, opens the scope, handles, answers. Subclasses say who may come in and where to."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    lookup_field = "pk"
    lookup_value_converter = "uuid"
    budget: Budget | None = None
    filterset_class: ClassVar[Any] = None
    # The orders a list can be asked for, by name, the first is the usual one. "-" turns round;
    # the id comes last, so that no two rows stand at the same place.
    orders: ClassVar[dict[str, cursor.Order]] = {"created": ("id",)}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.args, self.kwargs = args, kwargs
        self.at = timezone.now()
        self.request: Request = self.initialize_request(request, *args, **kwargs)
        self.headers: dict[str, str] = {}
        try:
            self.initial(self.request, *args, **kwargs)
            response = self.run(self._handler(), *args, **kwargs)
        except Exception as exc:  # noqa: BLE001  # what is no answer is raised again in there
            response = self.handle_exception(exc)
        return self._sealed(response)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        chosen = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = chosen
        try:
            user = request.user
        except Problem:
            spend_address(request._request)
            raise
        if not user.is_authenticated:
            self.budget = spend_address(request._request)
            raise Problem(401, headers={"WWW-Authenticate": "Bearer"})
        self.budget = spend_person(user.pk)
        self.admit(request)

    def admit(self, request: Request) -> None:
        """Raise Problem unless this person may do this."""

    def scope(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def run(self, handler: Handler, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the handler answers, finished while the scope is open."""
        with self.scope():
            return self.finish(handler(self.request, *args, **kwargs))

    def finish(self, response: HttpResponseBase) -> HttpResponse:
        """The response with its content in it."""
        assert isinstance(response, HttpResponse)
        if isinstance(response, Response):
            response.accepted_renderer = self.request.accepted_renderer
            response.accepted_media_type = self.request.accepted_media_type
            response.renderer_context = {}  # type: ignore[attr-defined]
            response.render()
        return response

    def _handler(self) -> Handler:
        method = (self.request.method or "").lower()
        handler: Handler | None = getattr(self, method, None)
        if method not in self.http_method_names or handler is None:
            raise Problem(405, headers={"Allow": ", ".join(self.allowed_methods)})
        return handler

    def _sealed(self, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Cache-Control", "no-store")
        if self.budget:
            for name, value in self.budget.headers().items():
                response.headers.setdefault(name, value)
        return response

    # --- What handlers are made of

    def rows(self) -> QuerySet[Any]:
        """The rows this resource is about, as this person may see them."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """No rows: only the documentation asks DRF's way, to learn of the model."""
        model: type[Model] = self.serializer_class.Meta.model  # type: ignore[union-attr]
        return model._base_manager.none()

    def read(self, *, partial: bool = False, shape: Any = None) -> dict[str, Any]:
        """What the body says, checked; raises ValidationError."""
        serializer = (shape or self.get_serializer_class())(
            data=self.request.data, partial=partial, context={"view": self}
        )
        if not self.request._request.body and (partial or _asks_for_something(serializer)):
            raise Problem(400, _("The body must be a JSON object."), code="malformed")
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def find(self) -> Any:
        """The row of the address, to be read; raises 404."""
        row = self.rows().filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise not_found()
        return row

    def find_locked(self) -> Any:
        """The row of the address, locked for this write; raises 404, and 412 when If-Match tells
        that the client has not seen it as it is.
        """
        rows = self.rows().select_for_update(no_key=True, of=("self",))
        row = rows.filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise not_found()
        header = self.request.headers.get("If-Match")
        if header is not None:
            current = self._json(row.pk) or b"{}"
            tag = self._tag(current)
            if not still_matches(header, tag):
                raise Problem(412, current=orjson.loads(current), headers={"ETag": tag})
        return row

    def answer(self, pk: Any, status: int = 200, rows: QuerySet[Any] | None = None) -> HttpResponse:
        """The row as it is now, with its ETag; `rows` where it is not among the usual ones."""
        body = self._json(pk, rows)
        if body is None:
            raise not_found()
        headers = {"ETag": self._tag(body)}
        return HttpResponse(body, status=status, content_type=JSON, headers=headers)

    def _tag(self, body: bytes) -> str:
        return etag(body, self.get_serializer_class())

    def _json(self, pk: Any, rows: QuerySet[Any] | None = None) -> bytes | None:
        rows = self.rows() if rows is None else rows
        return one(rows.filter(pk=pk), self.get_serializer_class())


def _asks_for_something(serializer: Any) -> bool:
    return any(field.required for field in serializer.fields.values())


class ListRows(ApiViewSet):
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        params = request.query_params
        rows = filters.apply(self.filterset_class, params, self.rows())
        body = cursor.answer(rows, self.get_serializer_class(), self.orders, params)
        return HttpResponse(body, content_type=JSON)


class ReadRow(ApiViewSet):
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        response = self.answer(self.kwargs["pk"])
        tag = response.headers["ETag"]
        if not_modified(request.headers.get("If-None-Match"), tag):
            return HttpResponse(status=304, headers={"ETag": tag})
        return response


class CreateRow(ApiViewSet):
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.add(self.read())
        response = self.answer(row.pk, 201)
        response.headers["Location"] = f"{request.path}{row.pk}/"
        return response

    def add(self, data: dict[str, Any]) -> Any:
        """The new row; calls the action."""
        raise NotImplementedError


class EditRow(ApiViewSet):
    """PATCH writes the named fields; PUT does too, but asks for every required one."""

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._edit(self.read(partial=True))

    def update(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._edit(self.read())

    def _edit(self, data: dict[str, Any]) -> HttpResponse:
        if str(data.pop("id", self.kwargs["pk"])) != str(self.kwargs["pk"]):
            raise Problem(400, _("An id never changes."), code="read_only", pointer="/id")
        row = self.find_locked()
        self.edit(row, data)
        return self.answer(row.pk)

    def edit(self, row: Any, data: dict[str, Any]) -> None:
        """Calls the action with the named fields."""
        raise NotImplementedError


class DeleteRow(ApiViewSet):
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        self.remove(self.find_locked())
        return HttpResponse(status=204)

    def remove(self, row: Any) -> None:
        """Calls the action."""
        raise NotImplementedError
