"""Handing e-mail to the mail server, and what its answer means."""

from __future__ import annotations

import smtplib
from email.errors import HeaderParseError
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage, InvalidMailer, mailers
from django.core.mail.backends import filebased

# The server's answers to the greeting, to our password and to our own address are about us, not
# about this message.
ABOUT_US = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
)


class NotHandedOver(Exception):  # noqa: N818  # an answer of the server, not an error of ours
    """The server did not take it. `reason` is for people to read, and may quote the address;
    `code` is the part of it that may stand in a log.
    """

    def __init__(self, code: str, text: str = "", *, for_good: bool = False) -> None:
        self.code, self.for_good = code, for_good
        self.reason = f"{code} {text}".strip()[:300]
        super().__init__(self.reason)


def hand_over(mail: EmailMessage) -> None:
    """Return once the mail server has taken the letter; raises NotHandedOver when it has not."""
    try:
        mailers.default.send_messages([mail])
    except ABOUT_US as error:
        raise NotHandedOver(str(error.smtp_code), _text(error.smtp_error)) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(*next(iter(error.recipients.values()))) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError, InvalidMailer) as error:
        raise NotHandedOver(type(error).__name__) from error
    except (ValueError, HeaderParseError) as error:
        raise NotHandedOver("bad_address", for_good=True) from error


def _refusal(code: int, reply: bytes | str) -> NotHandedOver:
    """4xx is for now, 5xx for good (RFC 5321 §4.2.1)."""
    return NotHandedOver(str(code), _text(reply), for_good=not 400 <= code < 500)


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.replace(chr(0), " ").split())


class Folder(filebased.EmailBackend):
    """Lays letters into a folder of its own that nobody else on the machine may open."""

    def __init__(self, **options: Any) -> None:
        Path(options["file_path"]).mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(**options)
