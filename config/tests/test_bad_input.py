"""Nothing that anybody sends is a 500, is stored by mistake, or is found in a log.

Generated from the API's own document and the site map, so a new operation or page is in by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.absence import add_absence
from accounts.actions.invite import invite
from accounts.actions.token import create_token
from accounts.guild.models import GuildOwned
from accounts.guild.scope import guild_scope, user_scope
from accounts.guild.testing import ApiClient, Cast, api, browser
from accounts.models import AccessToken, Change, Guild, Profile
from config.tests.loopback import Loopback
from config.tests.test_guard_doors import PAGES, filled
from config.web.api.reading_room import schema
from productivity.tasks.tests.conftest import make_task
from reminders.destinations import add_destination
from reminders.devices import add_device
from reminders.models import Notification
from reminders.testing import make_reminder
from reminders.tests.pushing import Browser

MARK = "Vorratskeller"  # in everything that is sent; no log line may hold it
PROBLEM = "application/problem+json"
HUGE = [10**20, 2**63, -(2**63) - 1]
# As they come over the wire; Python's own encoder would refuse or mend some of them.
NOT_TEXT = [f'"{MARK}\\u0000"', f'"{MARK}\\ud800"', f'"\\udc00{MARK}"']
WRONG: dict[str, list[Any]] = {
    "string": [5, 1.5, True, [], {}, [MARK], {"a": MARK}, *HUGE],
    "integer": [f"12{MARK}", "", 1.5, [], {}, True, *HUGE],
    "number": [f"12{MARK}", "", "1.5", [], {}, True],
    "array": [MARK, 5, {}, True, [{}], [[]], [None], [5.5], *HUGE],
    "boolean": [MARK, 5, [], {}, *HUGE],
    "object": [MARK, 5, [], True, *HUGE],
}
FORMATS = {
    "uuid": ["", "12abc", MARK, "0" * 32, "9" * 40],
    "date": ["2027-02-31", "12abc", "1969-12-31", "9999-12-31", "10000-01-01", MARK],
    "time": ["24:00", "12abc", "7:5", MARK],
    "date-time": [
        *["12abc", "2027-02-31T00:00:00Z", "1969-12-31T00:00:00Z", "10000-01-01T00:00:00Z"],
        *["9999-12-31T23:59:59Z", "2027-01-01T00:00:00", MARK],
    ],
    "uri": ["12abc", "javascript:alert(1)", MARK],
}
QUERY = [
    *["%00", "%ED%A0%80", "%FF", str(10**20), str(2**63), "12abc", "9999-12-31T23:59:59Z"],
    *["-1", "", quote(MARK), quote("{}"), quote("["), quote("’") * 300],
]
IDS = [str(10**20), str(2**63), "12abc", "%00", "%ED%A0%80", "0", "-1", MARK, "a" * 300]
METHODS = {"get", "post", "put", "patch", "delete"}


@cache
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(schema())
    return parsed


def resolved(shape: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in shape:
        return shape
    name = shape["$ref"].rsplit("/", 1)[1]
    found: dict[str, Any] = document()["components"]["schemas"][name]
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def body_of(operation: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of the operation's body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return resolved(content["schema"]) if content else None


WITH_BODY = [one for one in operations() if body_of(one[2])]
WITH_QUERY = [
    (path, [each["name"] for each in operation["parameters"] if each["in"] == "query"])
    for method, path, operation in operations()
    if method == "get" and any(each["in"] == "query" for each in operation.get("parameters", []))
]


def name_of(operation: tuple[str, str, dict[str, Any]]) -> str:
    return str(operation[2]["operationId"])


def wrong_values(shape: dict[str, Any]) -> list[Any]:
    """What a property of this schema must refuse."""
    shapes = [resolved(one) for one in shape.get("oneOf", [shape])]
    kinds = {kind for one in shapes for kind in _kinds(one)}
    if not kinds:
        kinds = {"object"}
    values = [
        value
        for value in WRONG[min(kinds - {"null"}, key=list(WRONG).index)]
        if not any(_fits(value, kind) for kind in kinds)
    ]
    for one in shapes:
        if len(shapes) == 1 and one.get("format") in FORMATS:
            values += FORMATS[one["format"]]
        if len(shapes) == 1 and "maxLength" in one and "enum" not in one:
            values.append("x" * (one["maxLength"] + 1))
        if "enum" in one and len(shapes) == 1:
            values.append(MARK)
        if "maximum" in one:
            values += [one["maximum"] + 1, one["minimum"] - 1]
    return values + ([] if "null" in kinds else [None])


def _kinds(shape: dict[str, Any]) -> list[str]:
    kind = shape.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _fits(value: Any, kind: str) -> bool:
    types = {"string": str, "array": list, "object": dict, "boolean": bool, "integer": int}
    if kind == "array" and isinstance(value, list):
        return value == []
    return kind in types and isinstance(value, types[kind]) and not isinstance(value, bool)


def a_browser() -> dict[str, Any]:
    """What one hands out that says yes."""
    keys = Browser(Loopback("192.0.0.9")).keys
    return {"endpoint": "https://192.0.0.9/push/1", "keys": keys}


@pytest.fixture
def ids(cast: Cast) -> dict[str, UUID]:
    """A row of Alice's for each kind of address."""
    alice = cast.alice
    assert alice.user is not None
    with guild_scope(cast.home.pk, alice):
        _row, _code = invitation = invite(by=alice, at=timezone.now())
        notice = Notification.objects.create(
            guild=cast.home, recipient=alice, origin="test", title="-", arrived_at=timezone.now()
        )
        change = Change.objects.first()
        on = date(2126, 7, 1)
        absence = add_absence(by=alice, from_on=on, until_on=on)
        device = add_device(a_browser(), by=alice, name="Hall")
        way = add_destination(by=alice, channel="webhook", address="https://192.0.0.9/x")
    with user_scope(alice.user.pk):
        token, _text = create_token(by=alice.user, name="kept", scopes=["read"])
    assert change is not None
    return {
        "absences": absence.pk,
        "destinations": way.pk,
        "devices": device.pk,
        "tasks": make_task(alice).pk,
        "reminders": make_reminder(alice).pk,
        "invites": invitation[0].pk,
        "inbox": notice.pk,
        "changes": change.pk,
        "tokens": token.pk,
        "members": cast.carol.pk,
        "sessions": uuid4(),
    }


def address(path: str, cast: Cast, ids: dict[str, UUID]) -> str:
    path = path.replace("{guild}", str(cast.home.pk))
    kind = next((kind for kind in ids if f"/{kind}/" in path), "")
    return path.replace("{id}", str(ids[kind])) if kind else path


def stored(cast: Cast) -> dict[str, Any]:
    """What there is, by table, and when each household and person was written last."""
    alice = cast.alice
    assert alice.user is not None
    with guild_scope(cast.home.pk, alice):
        rows: dict[str, Any] = {
            model.__name__: model._base_manager.count()
            for model in GuildOwned.__subclasses__()
            if not model._meta.abstract
        }
        rows["changes"] = Change.objects.count()
        rows["guild"] = Guild._base_manager.get(pk=cast.home.pk).updated_at
    with user_scope(alice.user.pk):
        rows["tokens"] = AccessToken.objects.count()
        rows["profiles"] = Profile.objects.count()
        alice.user.refresh_from_db()
        rows["user"] = alice.user.updated_at
    return rows


def refused(client: ApiClient, method: str, path: str, raw: str) -> Any:
    """The problem that the operation answers; anything else fails."""
    answer = client.generic(method.upper(), path, raw, content_type="application/json")
    assert 400 <= answer.status_code < 500, (raw, answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == PROBLEM, raw
    return answer


@pytest.mark.parametrize("operation", WITH_BODY, ids=name_of)
def test_every_property_refuses_what_it_is_not(
    operation: tuple[str, str, dict[str, Any]],
    cast: Cast,
    ids: dict[str, UUID],
    caplog: pytest.LogCaptureFixture,
) -> None:
    method, path, described = operation
    client, path = api(cast.alice), address(path, cast, ids)
    shape = body_of(described)
    assert shape
    client.get(path)
    before = stored(cast)
    for name, inner in shape["properties"].items():
        bodies = [json.dumps({name: value}) for value in wrong_values(inner)]
        bodies += [f'{{"{name}": {text}}}' for text in NOT_TEXT]
        for raw in bodies:
            problem = refused(client, method, path, raw).json()
            pointers = [error["pointer"] for error in problem["errors"]]
            assert any(one == f"/{name}" or one.startswith(f"/{name}/") for one in pointers), (
                raw,
                problem,
            )
            assert all(error["code"] and error["message"] for error in problem["errors"])
    assert stored(cast) == before
    assert MARK not in caplog.text


@pytest.mark.parametrize("operation", WITH_BODY, ids=name_of)
def test_every_operation_refuses_what_is_no_body_of_its_own(
    operation: tuple[str, str, dict[str, Any]],
    cast: Cast,
    ids: dict[str, UUID],
    caplog: pytest.LogCaptureFixture,
) -> None:
    method, path, described = operation
    client, path = api(cast.alice), address(path, cast, ids)
    before = stored(cast)
    for raw in [
        *["{", "[]", "null", f'"{MARK}"', "5", "[" * 10_000, '{"a":' * 10_000],
        *[f'{{"{MARK}": 1}}', '{"\\u0000": 1}', '{"\\ud800": 1}', '{"__proto__": {}}'],
        *['{"": 1}', f'{{"a": {"9" * 5000}}}', '{"a": 1e999}', '{"a": NaN}'],
    ]:
        refused(client, method, path, raw)
    if described["requestBody"].get("required"):
        assert refused(client, method, path, "").status_code == 400
    large = f'{{"name": "{MARK * 800_000}"}}'
    assert len(large) > 10_000_000
    assert refused(client, method, path, large).status_code == 413
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "/"]:
        answer = client.generic(method.upper(), path, f'{{"name": "{MARK}"}}', content_type=kind)
        assert answer.status_code == 415, kind
        assert answer["Content-Type"] == PROBLEM
    assert stored(cast) == before
    assert MARK not in caplog.text


@pytest.mark.parametrize(("path", "names"), WITH_QUERY, ids=[path for path, _ in WITH_QUERY])
def test_every_parameter_is_read_or_refused(
    path: str,
    names: list[str],
    cast: Cast,
    ids: dict[str, UUID],
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, path = api(cast.alice), address(path, cast, ids)
    for name in [*names, MARK, "%00", "%ED%A0%80"]:
        for value in QUERY:
            answer = client.get(f"{path}?{name}={value}")
            known = name in names
            assert answer.status_code in ({200, 400, 414} if known else {400}), (name, value)
            if answer.status_code != 200:
                assert answer["Content-Type"] == PROBLEM
        assert client.get(f"{path}?{name}=x&{name}=x").status_code in {200, 400}
    assert MARK not in caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for method, path, _ in operations() if "{" in path],
    ids=str,
)
def test_every_id_in_an_address_is_one_or_nothing_is_there(
    method: str, path: str, cast: Cast, ids: dict[str, UUID], caplog: pytest.LogCaptureFixture
) -> None:
    client = api(cast.alice)
    for bad in IDS:
        for place in ("{guild}", "{id}"):
            if place not in path:
                continue
            other = address(path.replace(place, "\0"), cast, ids).replace("\0", bad)
            answer = client.generic(method.upper(), other, "{}", content_type="application/json")
            assert answer.status_code in {400, 404}, (other, answer.status_code)
            assert answer["Content-Type"] == PROBLEM
    assert MARK not in caplog.text


# A NUL is no header at all: the server itself refuses it.
HEADERS = ["\xed\xa0\x80", "\xff\xfe", MARK, "9" * 300, "", '"', "W/", "*", "ü" * 300]
KEYS = [f"{kind}{value}" for kind in ("Bearer ", "Bearer gh_", "Basic ") for value in HEADERS]


@pytest.mark.parametrize(
    "header",
    [
        *["Authorization", "Idempotency-Key", "If-Match", "If-None-Match", "Accept"],
        *["Accept-Language", "Cookie", "X-Forwarded-For", "User-Agent", "Origin", "Referer"],
        *["HX-Request", "HX-Current-URL", "X-CSRFToken", "X-Session-Token", "Content-Type"],
    ],
)
def test_no_header_breaks_anything(
    header: str, cast: Cast, ids: dict[str, UUID], caplog: pytest.LogCaptureFixture
) -> None:
    client, page = api(cast.alice), browser(cast.alice)
    for value in [*HEADERS, *(KEYS if header == "Authorization" else [])]:
        own = {header: value}
        assert client.get(f"tasks/{ids['tasks']}/", headers=own).status_code < 500, value
        assert client.post("tasks/", {"title": "Fine"}, headers=own).status_code < 500, value
        assert page.get("/accounts/email/", headers=own).status_code < 500, value
        assert page.post(f"/g/{cast.home.slug}/live/", headers=own).status_code < 500, value
    assert MARK not in caplog.text


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "django_language", "messages", MARK])
@pytest.mark.parametrize(
    "value",
    ['"\\000"', '"a\\000b"', "\x00", '"\\355\\240\\200"', "\xed\xa0\x80", MARK, "9" * 300, ""],
)
def test_no_cookie_breaks_anything(
    name: str, value: str, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    """An octal escape in a quoted cookie is read as the byte it names."""
    for path in ["/", "/accounts/login/", f"/g/{cast.home.slug}/", "/nothing/", "/api/v1/me/"]:
        for method in ("get", "post"):
            answer = getattr(Client(), method)(path, headers={"Cookie": f"{name}={value}"})
            assert answer.status_code < 500, (method, path)
    assert MARK not in caplog.text


ASKED = ["who", "tag", "priority", "q", "page", "show", "on", "member", "entity", "kind", "cursor"]
ASKED += ["next", "source_kind", "source_id"]


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "%FF", str(10**20), MARK])
def test_no_page_breaks_on_what_an_address_says(
    value: str, cast: Cast, ids: dict[str, UUID], caplog: pytest.LogCaptureFixture
) -> None:
    page = browser(cast.alice)
    for _name, route in PAGES:
        path = filled(route, cast, ids)
        status = page.get(f"{path}?q={value}").status_code
        assert status in ({400} if "%" in value else {200, 302, 404, 405}), path
        for name in ASKED if status == 200 and "pk" not in route else []:
            assert page.get(f"{path}?{name}={value}").status_code in {200, 302, 404}, (path, name)
    for path in [f"/g/{value}/", f"/join/{value}/", f"/{value}/", f"/accounts/{value}/"]:
        assert page.get(path).status_code in {400, 404}, path
    assert MARK not in caplog.text


FORM = "application/x-www-form-urlencoded"
FIELDS = [
    *["title", "description", "due_on", "due_time", "time_zone", "priority", "assignees", "tags"],
    *["visibility", "version", "shown", "next", "message", "frequency", "on", "time"],
    *[
        "weekdays",
        "before_minutes",
        "recipients",
        "everyone",
        "source_kind",
        "source_id",
        "for",
        "name",
    ],
    *["locale", "nickname", "colour", "role", "days", "uses", "link", "first_name"],
    *["last_name", "global_name", "bio", "location", "website", "scope", "guild", "email"],
    *["password", "login", "remember", "code"],
]
TYPED = [
    *["\0", f"{MARK}\0", str(10**20), "12abc", "9999-12-31", "2027-02-31", "x" * 5000, "-1"],
]


@pytest.mark.parametrize("value", TYPED)
def test_no_form_breaks_on_what_is_typed(
    value: str, cast: Cast, ids: dict[str, UUID], caplog: pytest.LogCaptureFixture
) -> None:
    page = browser(cast.alice)
    typed = dict.fromkeys(FIELDS, value)
    shown = typed | {"frequency": "weekly", "role": "viewer", "priority": "low"}
    own = ["/g/", "/me/", "/me/tokens/", "/join/", "/accounts/login/", "/accounts/signup/"]
    own += ["/accounts/password/reset/", "/accounts/password/change/", "/accounts/email/"]
    for path in [*own, *(filled(route, cast, ids) for _name, route in PAGES)]:
        for data in (typed, shown, typed | {"title": "Fine", "message": "Fine"}):
            assert page.post(path, data).status_code < 500, path
        raw = "&".join(f"{name}=%ED%A0%80{quote(text)}" for name, text in typed.items())
        assert page.post(path, raw, content_type=FORM).status_code < 500, path
    assert MARK not in caplog.text


def test_no_form_takes_ten_megabytes(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    page, before = browser(cast.alice), stored(cast)
    for path in [f"/g/{cast.home.slug}/tasks/add/", "/me/", "/accounts/login/"]:
        large = f"title={MARK * 800_000}"
        assert 400 <= page.post(path, large, content_type=FORM).status_code < 500
        # What is no form is not read at all.
        assert page.post(path, large, content_type="text/plain").status_code < 500
        many = "&".join(f"a{number}=" for number in range(2_000))
        assert 400 <= page.post(path, many, content_type=FORM).status_code < 500
    assert stored(cast) == before
    assert MARK not in caplog.text


SIGNING_IN = ["auth/signup", "auth/login", "auth/password/request", "auth/password/reset"]
SIGNING_IN += ["tokens/refresh", "auth/email/verify", "auth/session", "account/password/change"]


@pytest.mark.parametrize("path", SIGNING_IN)
def test_signing_in_refuses_what_it_cannot_read(
    path: str, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    names = ["email", "password", "first_name", "key", "refresh_token", "new_password"]
    texts = [*NOT_TEXT, "5", "[]", "{}", "null", "true", str(10**20), '"9"', f'"{MARK}"']
    bodies = [f'{{"{name}": {text}}}' for name in names for text in texts]
    bodies += ["{" + ", ".join(f'"{name}": {text}' for name in names) + "}" for text in texts]
    for raw in [*bodies, "", "{", "[]", "null", "[" * 10_000, f'"{MARK}"']:
        answer = Client().post(f"/_allauth/app/v1/{path}", raw, content_type="application/json")
        assert 400 <= answer.status_code < 500, (raw, answer.content[:200])
    assert MARK not in caplog.text


def test_an_object_within_a_patch_is_whole(cast: Cast, ids: dict[str, UUID]) -> None:
    for source, pointer in [({}, "/source/"), ({"kind": "task"}, "/source/id")]:
        raw = json.dumps({"source": source})
        problem = refused(api(cast.alice), "patch", f"reminders/{ids['reminders']}/", raw).json()
        assert all(error["pointer"].startswith(pointer) for error in problem["errors"])
        assert {error["code"] for error in problem["errors"]} == {"required"}


def test_a_cookie_that_is_no_text_is_refused(db: None) -> None:
    cookie = 'sessionid="abcdefgh\\000ijkl"'
    assert Client().get("/", headers={"cookie": cookie}).status_code == 400
