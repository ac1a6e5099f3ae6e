"""E-mail: text and HTML in the member's language and zone, through the default mailer."""

from __future__ import annotations

import smtplib
from email.errors import HeaderParseError

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from config.web import words
from reminders.channels.base import Message, PassingFailure, PermanentFailure, Sent
from reminders.wording import late_words

# The server's answers to the greeting, to our password and to our own address are about us, not
# about this message.
ABOUT_US = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
)


class Email:
    concurrency = 8

    def send(self, message: Message) -> Sent:
        """Hand it to the mail server; the Message-ID is the message's key, whatever the try."""
        message_id = f"<{message.key}@{settings.SITE_HOST or 'localhost'}>"
        mail = compose(message, message_id)
        try:
            mailers.default.send_messages([mail])
        except ABOUT_US as error:
            raise PassingFailure(_reply(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise _failure(*next(iter(error.recipients.values()))) from error
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise PassingFailure(type(error).__name__) from error
        except (ValueError, HeaderParseError) as error:
            raise PermanentFailure("bad_address") from error
        return Sent(message_id)


def compose(message: Message, message_id: str) -> EmailMultiAlternatives:
    """The e-mail, in the words of its recipient."""
    with translation.override(message.locale), timezone.override(message.time_zone):
        context = {
            "message": message,
            "late": late_words(message.late_by),
            "due": words.full(message.due_at),
        }
        # A line break would end the header.
        subject = " ".join(message.title.split()) or _("Reminder")
        mail = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("email/reminder.txt", context),
            to=[message.address],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("email/reminder.html", context), "text/html")
    return mail


def _failure(code: int, reply: bytes | str) -> PassingFailure | PermanentFailure:
    """4xx is for now, 5xx for good (RFC 5321 §4.2.1)."""
    kind = PassingFailure if 400 <= code < 500 else PermanentFailure
    return kind(_reply(code, reply))


def _reply(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.replace(chr(0), ' ').split())}"[:300]
