'''The bases of the API: who may come in, as which member, inside which scope.

What a slice writes, in `<slice>/api/`:

    class TaskSerializer(StrictModelSerializer):        # the shape of a row, what a body may say
        id = NewIdField()
        assignees = RowsField(members, required=False)  # ids in, members out, one query
        class Meta:
            model = Task
            fields = ["id", "title", "due_on", "assignees", "created_at", "updated_at"]
            read_only_fields = ["created_at", "updated_at"]
            rows = {"assignees": ids(TaskAssignee, "task", "member")}   # SQL of what is no column

    class TaskFilters(TrashFilter):                     # names of config.web.api.filters
        status = ChoicesFilter(choices=Status.choices)

    class TaskViewSet(TrashRows, ListRows, ReadRow, CreateRow, EditRow, DeleteRow):
        """Tasks of the household."""
        serializer_class = TaskSerializer
        filterset_class = TaskFilters
        orders = {"due": ("due_at", "id"), "newest": ("-created_at", "-id")}
        required_role = {"purge": Role.ADMIN}           # else: the actions know who may write

        def add(self, data):                            # the verbs call the actions
            return actions.add_task(by=self.member, at=self.at, **data)
        def edit(self, row, data):
            actions.edit_task(row, by=self.member, at=self.at, **data)
        def remove(self, row):
            actions.delete_task(row, by=self.member, at=self.at)

        @verb(answers=TaskSerializer)                   # POST tasks/{id}/complete/
        def complete(self, request, guild, pk):
            """Mark the task as done; twice is harmless."""
            task = self.find_locked()                   # 404, 412
            actions.complete_task(task, by=self.member, at=self.at)
            return self.answer(task.pk)                 # the row as it is now, with its ETag

    router = SimpleRouter(use_regex_path=False)         # urls: below `guilds/<uuid:guild>/`
    router.register("tasks", TaskViewSet, "tasks")

A model without a trash takes `GuildViewSet` instead of `TrashRows` and says in `rows(self)` what
this person may see.

Rows are answered as PostgreSQL has them, in lists, details and after writes alike: the serializer
says which fields, `Meta.rows` the SQL of those that are no column. An order's keys must be among
the fields. The ETag is of the JSON that this person sees. `Refused` of an action becomes a problem
document; whatever is raised rolls the request back. `self.read(shape=Other)` reads the body of a
verb that takes one.
'''

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar, cast

import orjson
import structlog
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.access import Access
from accounts.api.replays import replayed
from accounts.guild.models import GuildQuerySet
from accounts.guild.scope import guild_scope, user_scope
from accounts.history import acting_from
from accounts.models import AccessToken, Guild, Member, Role, Source, User
from config.web.api.fields import NamesField
from config.web.api.problems import Problem, not_found
from config.web.api.rows import one
from config.web.api.views import (
    ApiViewSet,
    CreateRow,
    DeleteRow,
    EditRow,
    Handler,
    ListRows,
    ReadRow,
)
from config.web.chosen import language_or
from config.web.errors import Refused, violated

__all__ = [
    "CreateRow",
    "DeleteRow",
    "EditRow",
    "GuildViewSet",
    "ListRows",
    "ReadRow",
    "TrashRows",
    "UserViewSet",
]


class PersonViewSet(ApiViewSet):
    """What GuildViewSet and UserViewSet share: replays, ids of the client's own, rights of keys."""

    # The role an action needs; what is not named needs VIEWER to read and this one to write.
    required_role: ClassVar[dict[str, Role]] = {}
    writing_role: ClassVar[Role] = Role.MEMBER

    @property
    def user(self) -> User:
        return cast("User", self.request.user)

    @property
    def access(self) -> Access:
        return cast("Access", self.request.auth)

    def admit(self, request: Request) -> None:
        translation.activate(language_or(self.user.locale, self.usual_language()))
        self.require_key(self.role_needed())

    def require_key(self, role: Role) -> None:
        """Raise Problem (403) for a key that may not do what takes this role."""
        token = self.access.token
        if token and not set(self._scopes_enough(role)) & set(token.scopes):
            raise Problem(403, _("This key may not do that."), code="scope")

    def usual_language(self) -> str:
        """That of a person who chose none: what her program asks for."""
        return translation.get_language() or ""

    def role_needed(self) -> Role:
        usual = Role.VIEWER if self.request.method in SAFE_METHODS else self.writing_role
        return self.required_role.get(self.action or "", usual)

    def _scopes_enough(self, role: Role) -> list[str]:
        """The scopes of a key of which any allows this request, which takes this role."""
        scope = AccessToken.Scope
        if self.request.method in SAFE_METHODS:
            return [scope.READ, scope.WRITE, scope.ADMIN]
        if role.rank < Role.ADMIN.rank:
            return [scope.WRITE, scope.ADMIN]
        return [scope.ADMIN]

    def run(self, handler: Handler, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with acting_from(Source.API), self.scope():
                return self._handled(handler, *args, **kwargs)
        except (IntegrityError, Refused) as exc:
            if self.action != "create" or "id" not in self.request.data:
                raise
            # Also of what is refused by now: its moment may have passed since the first time.
            with self.scope():
                if (twin := self._twin()) is not None:
                    return twin
            if not self._is_taken_id(exc):
                raise
            # The same for a row of another household and for one that nobody may see.
            problem = Problem(409, _("This id is taken."), code="id_taken", pointer="/id")
            raise problem from exc

    def _handled(self, handler: Handler, *args: Any, **kwargs: Any) -> HttpResponse:
        def handle() -> HttpResponse:
            return self.finish(handler(self.request, *args, **kwargs))

        if self.request.method != "POST":
            return handle()
        return replayed(self.request, self.user, handle)

    # --- A create may carry its own id

    def _is_taken_id(self, exc: IntegrityError | Refused) -> bool:
        if isinstance(exc, Refused):
            return exc.code == "id_taken"
        model: type[Model] = self.serializer_class.Meta.model  # type: ignore[union-attr]
        return violated(exc) == f"{model._meta.db_table}_pkey"

    def _twin(self) -> HttpResponse | None:
        """The stored row, when it is this person's and says what the body says."""
        said = self.read()
        serializer: Any = self.get_serializer_class()()
        stored = one(self.my_rows().filter(pk=said["id"]), type(serializer))
        if stored is not None:
            row = orjson.loads(stored)
            # By what was understood: a body may say the same in another word (`weekday`).
            if all(
                _meant(field, _plain(field, said)) == _meant(field, row[name])
                for name, field in serializer.fields.items()
                if name in row and field.source in said
            ):
                return self.answer(said["id"])
        return None

    def my_rows(self) -> QuerySet[Any]:
        """Those of `rows` that this person made: the ones whose creation may be repeated."""
        raise NotImplementedError


class GuildViewSet(PersonViewSet):
    """Serves members of the guild in the address, inside its scope; others find nothing."""

    member: Member
    guild: Guild

    def admit(self, request: Request) -> None:
        member = self.access.member
        if member is None or not self._is_open(member.guild):
            raise not_found()
        self.member, self.guild = member, member.guild
        if self.access.session_key:  # a person, no program: `accounts.seen` notes it
            vars(request._request).update(member=member, by_session=self.access.session_key)
        structlog.contextvars.bind_contextvars(guild=str(member.guild_id), member=str(member.pk))
        super().admit(request)
        if not member.may(self.role_needed()):
            raise Problem(403, _("Your role does not allow this."), code="role")

    def usual_language(self) -> str:
        return self.guild.locale

    def _is_open(self, guild: Guild) -> bool:
        return guild.deleted_at is None

    def scope(self) -> AbstractContextManager[Any]:
        return guild_scope(self.member.guild_id, self.member)

    def my_rows(self) -> QuerySet[Any]:
        rows = self.rows()
        return (
            rows.filter(created_by=self.member)
            if hasattr(rows.model, "created_by")
            else rows.none()
        )


class TrashRows(GuildViewSet):
    """Live rows of the serializer's model; those in the trash where a list asks for `deleted`,
    both for `restore`. Its filters are a `TrashFilter`.

    Viewers may come in to write, for what is theirs alone: each action asks `require_write`.
    """

    writing_role = Role.VIEWER

    def rows(self) -> QuerySet[Any]:
        model: Any = self.serializer_class.Meta.model  # type: ignore[union-attr]
        rows: GuildQuerySet[Any] = model.objects.all()
        if self.action == "restore":
            return rows
        wants_trash = self.action == "list" and self.request.query_params.get("deleted") == "true"
        return rows.trashed() if wants_trash else rows.live()


class UserViewSet(PersonViewSet):
    """Serves whoever is signed in with her own rows, outside guilds.

    A key for one household, which somebody else may hold, reads none of them.
    """

    # Whether such a key may read here, because `rows` shows it that household alone.
    shows_one_household: ClassVar[bool] = False

    def admit(self, request: Request) -> None:
        super().admit(request)
        token = self.access.token
        reads = request.method in SAFE_METHODS and self.shows_one_household
        if token and token.guild_id and not reads:
            raise Problem(403, _("This key is for one household only."), code="scope")

    def scope(self) -> AbstractContextManager[Any]:
        return user_scope(self.user.pk)

    def my_rows(self) -> QuerySet[Any]:
        return self.rows()


def _plain(field: Any, said: dict[str, Any]) -> Any:
    """What was said for the field as the API would write it."""
    value = said.get(field.source)
    return None if value is None else orjson.loads(orjson.dumps(field.to_representation(value)))


def _meant(field: Any, value: Any) -> Any:
    """The value without what says nothing: lists have no order of their own, names no case."""
    if not isinstance(value, list):
        return value
    if isinstance(field, NamesField):
        value = {name.lower() for name in value}
    return sorted(value, key=str)
