"""Everything that Apprise reaches by HTTP: ntfy, Telegram, Gotify, Slack, Matrix and the like.

Apprise says only whether it worked. Why not, we see ourselves: its services all speak through
`requests`, which is watched meanwhile.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import cache
from importlib import import_module
from inspect import isclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.conf import settings

from config.web.outbound import Trip, public_only
from reminders.channels.answers import LONGEST_PAUSE, failure_of, judge
from reminders.channels.apprise_services import MODULES, PASTED
from reminders.channels.base import Message, PassingFailure, PermanentFailure, Sent
from reminders.channels.saying import plain_text
from reminders.channels.watched import Call, watch_requests, watched

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

SECONDS = 12.0


class Unusable(Exception):  # noqa: N818  # an answer to whoever typed it
    """No service of Apprise makes sense of this URL."""


class Apprise:
    concurrency = 16
    seconds = SECONDS

    def send(self, message: Message) -> Sent:
        """Hand it to the service that the URL names."""
        watch_requests()
        text = plain_text(message)
        with public_only(self.seconds) as trip, watched(trip, message.key) as call:
            try:
                service = opened(message.address)
                taken = service.notify(
                    title=message.title, body=text, notify_type="info", body_format="text"
                )
                _take_leave(service)
            except Unusable as error:
                raise PermanentFailure("unusable_address") from error
            except (OSError, TypeError, ValueError) as error:
                call.failed(error)
                taken = False
        if not taken:
            raise _failure(call, trip)
        return Sent(call.provider_id)


def opened(url: str) -> NotifyBase:
    """The service behind the URL, for one message; raises Unusable. Enter a trip before."""
    schema = url.partition("://")[0].lower()
    service = _class_of(schema)
    try:
        # As Apprise itself does: a # in a path is no fragment.
        parsed = service.parse_url(url.replace("/#", "/%23")) if service else None
        if service is None or not parsed:
            raise Unusable(schema)
        one = service(**(parsed | {"schema": schema, "asset": _asset(), "tag": set()}))
    except (OSError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise Unusable(schema) from error
    # One message is one request, and when to try again the engine knows.
    one.retry, one.overflow_mode, one.throttle = 0, _truncate(), _no_pause
    return cast("NotifyBase", one)


def _no_pause(last_io: object = None, wait: float | None = None) -> None:  # noqa: ARG001  # Apprise names it
    """Instead of sleeping: for how long a provider wants to be left alone, the engine knows."""
    if wait:
        raise PassingFailure("http:429", min(timedelta(seconds=max(wait, 0)), LONGEST_PAUSE))


def pasted(url: str) -> str:
    """The URL that Apprise writes for a web address that a service gave out; '' for others."""
    module = PASTED.get((urlsplit(url).hostname or "").removeprefix("www."))
    if module is None:
        return ""
    for service in _classes(module):
        if parsed := service.parse_native_url(url):
            one = service(**(parsed | {"asset": _asset(), "tag": set()}))
            return str(one.url(privacy=False)).partition("?")[0].rstrip("/") + "/"
    return ""


def _take_leave(service: Any) -> None:
    """Let it sign out where it does that; how that goes changes nothing for the message."""
    with suppress(Exception):
        service.take_leave()


@cache
def _class_of(schema: str) -> Any:
    """The service, without the destructor in which some sign out: that would speak at a time when
    nobody watches.
    """
    if (module := MODULES.get(schema)) is None:
        return None
    found = next((one for one in _classes(module) if schema in _schemas(one)), None)
    if found is None:
        return None
    leave = getattr(found, "__del__", lambda _self: None)
    return type(found.__name__, (found,), {"take_leave": leave, "__del__": lambda _self: None})


@cache
def _classes(module: str) -> list[Any]:
    """The services that a module of Apprise defines; loading all of it takes half a second."""
    from apprise import NotifyBase

    found = vars(import_module(f"apprise.plugins.{module}")).values()
    return [one for one in found if isclass(one) and issubclass(one, NotifyBase)]


def _schemas(service: Any) -> set[str]:
    found: set[str] = set()
    for said in (service.protocol, service.secure_protocol):
        found |= {said} if isinstance(said, str) else set(said or ())
    return found


@cache
def _asset() -> AppriseAsset:
    """How Apprise presents itself: as us, without pictures from elsewhere, keeping nothing."""
    from apprise import AppriseAsset, PersistentStoreMode

    return AppriseAsset(
        app_id="Guildhall",
        app_desc="Guildhall",
        app_url=settings.BASE_URL,
        image_url_mask="",
        image_url_logo="",
        storage_mode=PersistentStoreMode.MEMORY,
        allow_templates=False,
        interpret_emojis=False,
    )


def _truncate() -> Any:
    from apprise import OverflowMode

    return OverflowMode.TRUNCATE


def _failure(call: Call, trip: Trip) -> PassingFailure | PermanentFailure:
    if trip.refused or trip.late or isinstance(call.failure, BaseException):
        error = call.failure if isinstance(call.failure, BaseException) else None
        return failure_of(trip, error)
    if call.failure is None:
        return PermanentFailure("not_taken")
    try:
        judge(*call.failure)
    except (PassingFailure, PermanentFailure) as failure:
        return failure
    return PermanentFailure("not_taken")
