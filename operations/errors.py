"""The one error that ends a command with a line for its reader instead of a traceback."""

from __future__ import annotations


class CannotStart(Exception):  # noqa: N818  It says what happened.
    """Says in one or two sentences what is wrong and what to do about it."""
