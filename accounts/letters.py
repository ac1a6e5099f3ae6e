"""Letters about an account: written by a page, handed over by a job."""

from __future__ import annotations

import orjson
import redis
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from accounts.guild.ids import uuid7
from accounts.secrets import decrypt, encrypt
from config.web.valkey import ask, valkey

JOB = "accounts.jobs.hand_over_letters"


def post(letter: EmailMessage) -> None:
    """Keep the letter until a job has handed it over; it starts when this is committed."""
    alternatives = letter.alternatives if isinstance(letter, EmailMultiAlternatives) else []
    content = {
        "to": letter.to,
        "subject": letter.subject,
        "text": letter.body,
        "html": next((str(text) for text, kind in alternatives if kind == "text/html"), ""),
    }
    # Not by the ORM: it would ask for what the database filled in, and pages cannot read here.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_letter (id, content) VALUES (%s, %s)",
            [uuid7(), encrypt(orjson.dumps(content).decode())],
        )
    transaction.on_commit(ring, robust=True)


def opened(pk: object, content: str) -> EmailMultiAlternatives:
    """The letter that `post` kept, the same at every try; raises InvalidToken without its key."""
    kept = orjson.loads(decrypt(content))
    name = settings.SITE_HOST or "localhost"
    headers = {"Message-ID": f"<{pk}@{name}>", "Auto-Submitted": "auto-generated"}
    letter = EmailMultiAlternatives(kept["subject"], kept["text"], to=kept["to"], headers=headers)
    if kept["html"]:
        letter.attach_alternative(kept["html"], "text/html")
    return letter


def ring() -> None:
    """Start the job; where Valkey is away, beat starts it as soon as that is back."""
    ask(_send_bell, None, event="letters.wait")


def _send_bell() -> None:
    # Celery would knock for ever at a Valkey that is away.
    valkey().ping()
    patience = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "max_retries": 1, "interval_start": 0}
    try:
        with current_app.connection_for_write(transport_options=patience) as line:
            current_app.send_task(JOB, queue="work", expires=60, connection=line, retry=False)
    except OperationalError as error:
        raise redis.ConnectionError from error
