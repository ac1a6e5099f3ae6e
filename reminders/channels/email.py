"""E-mail: text and HTML in the member's language and zone, through the default mailer."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from config.web import words
from config.web.mail import NotHandedOver, hand_over
from reminders import digests
from reminders.channels.base import Limits, Message, PassingFailure, PermanentFailure, Sent
from reminders.wording import late_words

# The second for readers that know the first not.
URGENT = {"Importance": "high", "X-Priority": "1 (Highest)"}


class Email:
    concurrency = 8
    # All of it goes to one mail server, which queues by itself.
    limits = Limits(at_once=0, per_second=0, provider_at_once=0)

    def send(self, message: Message) -> Sent:
        """Hand it to the mail server; the Message-ID is the message's key, whatever the try."""
        message_id = f"<{message.key}@{settings.SITE_HOST or 'localhost'}>"
        try:
            hand_over(compose(message, message_id))
        except NotHandedOver as error:
            kind = PermanentFailure if error.for_good else PassingFailure
            raise kind(error.reason) from error
        return Sent(message_id)


def compose(message: Message, message_id: str) -> EmailMultiAlternatives:
    """The e-mail, in the words of its recipient."""
    with translation.override(message.locale), timezone.override(message.time_zone):
        context = {
            "message": message,
            "late": late_words(message.late_by),
            "due": words.full(message.due_at),
            "parts": digests.read(message.body) if message.is_digest else [],
            "base_url": settings.BASE_URL,
        }
        kind = "digest" if message.is_digest else "reminder"
        # A line break would end the header.
        subject = " ".join(message.title.split()) or _("Reminder")
        mail = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string(f"email/{kind}.txt", context),
            to=[message.address],
            headers=_headers(message, message_id),
        )
        mail.attach_alternative(render_to_string(f"email/{kind}.html", context), "text/html")
    return mail


def _headers(message: Message, message_id: str) -> dict[str, str]:
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    if message.off_url:
        # A mail program may switch this way off by one press (RFC 8058).
        headers["List-Unsubscribe"] = f"<{message.off_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers | (URGENT if message.urgent else {})
