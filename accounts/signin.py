"""What Guildhall changes about signing in."""

from __future__ import annotations

import time
from typing import Any

import orjson
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access
from accounts.actions.invite import accept_invite
from accounts.history import acting_from
from accounts.letters import post
from accounts.models import Source, User
from accounts.sessions import end_streams_of, signing_out
from config.web.errors import Refused, violated
from config.web.toasts import toast

INVITATION = "pressed_join"
INVITED_SECONDS = 3600
CONFIRMATION_SENT = "account/messages/email_confirmation_sent.txt"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody, or with SIGNUP=invite whoever holds an open invitation."""
        if settings.SIGNUP == "open":
            return True
        code = _code(request)
        return bool(code and access.invitation(code))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """The answer to a sign-in; who pressed "join" before it is a member now."""
        code = _code(request)
        request.session.pop(INVITATION, None)
        if code and (home := _accept(request, code, user)):
            kwargs["redirect_url"] = home
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Writes the letter in the words of this request; a job hands it over, so that nobody
        waits for a mail server, or fails with it.
        """
        request = current.request
        frame = {"request": request, "email": email, "current_site": get_current_site(request)}
        post(self.render_mail(template_prefix, email, frame | context))

    def logout(self, request: HttpRequest) -> None:
        """Signs out; what was heard with the tickets of this session is heard no more."""
        user = request.user
        if isinstance(user, User):
            signing_out(user, dict(request.session.items()))
        super().logout(request)
        if isinstance(user, User):
            end_streams_of(user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that asks; the connection's own where proxies tell what they should not."""
        try:
            address: str = super().get_client_ip(request)
        except (ImproperlyConfigured, PermissionDenied):
            return str(request.META.get("REMOTE_ADDR", ""))
        return address

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Says what was done; of letters only where there is a mail server to send them."""
        template = kwargs.get("message_template") or (args[1] if len(args) > 1 else "")
        if settings.MAIL_IS_SET_UP or template != CONFIRMATION_SENT:
            super().add_message(request, *args, **kwargs)

    def save_user(self, request: HttpRequest, user: User, form: Form, **kwargs: Any) -> User:
        """The new person; of two who sign up at the same moment neither is told of an error."""
        try:
            return self._save(request, user, form, **kwargs)
        except IntegrityError as error:
            constraint = violated(error)
        # By a second click the first has her name already; by chance she gets another.
        if constraint == "accounts_user_username" and not _is_taken(form):
            return self._save(request, self.new_user(request), form, **kwargs)
        taken = self.validation_error("email_taken")
        if request.content_type == "application/json":
            raise ImmediateHttpResponse(ErrorResponse(request, exception=taken))
        toast(request, taken.message, level=messages.ERROR)
        raise ImmediateHttpResponse(redirect("account_login"))

    def _save(self, *args: Any, **kwargs: Any) -> User:
        with transaction.atomic():
            saved: User = super().save_user(*args, **kwargs)
        return saved

    def generate_unique_username(self, txts: list[str], regex: str | None = None) -> str:
        """A free username of 3 to 50 characters, from what the person told of herself."""
        said = [text.partition("@")[0] for text in txts if text]
        padded = [f"{text}-home" if len(text) < 3 else text for text in said]
        name: str = super().generate_unique_username(padded, regex)
        return name[:50]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: the limit on tries is kept by allauth's own rate limits."""


def _is_taken(form: Form) -> bool:
    return User.objects.filter(email__iexact=form.cleaned_data["email"]).exists()


def keep_invitation(request: HttpRequest, code: str) -> None:
    """Remember that "join" was pressed until somebody signs in here, for an hour: whoever does it
    later on the same machine was not asked.
    """
    request.session[INVITATION] = [code, time.time()]


def _code(request: HttpRequest) -> str | None:
    """The invitation that came along: kept by the door's page, or `"invitation"` in a JSON body."""
    if request.content_type != "application/json":
        code, pressed = request.session.get(INVITATION) or ("", 0)
        return str(code) if pressed > time.time() - INVITED_SECONDS else None
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return None
    code = body.get("invitation") if isinstance(body, dict) else None
    return code if isinstance(code, str) else None


def _accept(request: HttpRequest, code: str, user: User) -> str | None:
    """Today of the household that the code opens; None when it was used up on the way."""
    source = Source.API if request.content_type == "application/json" else Source.WEB
    try:
        with acting_from(source):
            member = accept_invite(code, by=user, at=timezone.now())
    except Refused:
        return None
    if source == Source.WEB:
        toast(request, _("Welcome to %(name)s.") % {"name": member.guild.name})
    return reverse("today:index", args=[member.guild.slug])
