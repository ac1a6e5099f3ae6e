"""Structured logs: one JSON object a line, ids of request, guild and member, no contents."""

from __future__ import annotations

import logging.config
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import structlog

ROOT = Path(__file__).parents[2]

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _as_json(said: Any, **_: Any) -> str:
    return orjson.dumps(said, default=repr).decode()


def configure(settings: dict[str, Any]) -> None:
    """Send everything, ours and the libraries', as JSON lines to standard error."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED,
                    "processors": [
                        without_contents,
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(_as_json),
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": settings["level"]},
            "loggers": {
                # Says in one line what RequestLog says in one line already.
                "django.request": {"level": "ERROR"},
                "django.server": {"level": "ERROR"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "django_celery_beat": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                # They write down where they go, and such addresses are passwords.
                "apprise": {"level": "CRITICAL"},
                "httpcore2": {"level": "WARNING"},
                "httpx2": {"level": "WARNING"},
                "urllib3": {"level": "ERROR"},
            },
        }
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def without_contents(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """The event with its exception told by kind and place. What an exception says of itself, and
    Celery of a job that failed, quotes what somebody wrote.
    """
    record = event.get("_record")
    data = getattr(record, "data", None)
    if getattr(record, "name", "") == "celery.app.trace" and data:
        event["event"] = f"job failed: {data['name']}"
    told = event.pop("exc_info", None)
    told = sys.exc_info() if told is True else told
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["exception"] = [_told(one) for one in _chain(error)]
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> dict[str, Any]:
    kind, diagnosis = type(error), getattr(error, "diag", None)
    told = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "sqlstate": getattr(diagnosis, "sqlstate", None),
        "constraint": getattr(diagnosis, "constraint_name", None),
        "frames": [_place(frame) for frame in traceback.extract_tb(error.__traceback__)],
    }
    return {name: value for name, value in told.items() if value is not None}


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-3:])
    return f"{shown}:{frame.lineno} {frame.name}"
