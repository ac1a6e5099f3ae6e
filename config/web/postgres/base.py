"""The engine of settings.DATABASES; Django looks for it in a module of this name."""

from __future__ import annotations

import select

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the connection can take a statement; asked once a request.

        A server that ended, or ended this connection, has said so on the line, where nothing else
        can wait to be read between two statements: only then the usual question is worth its way
        to the server and back, a twentieth of what a list costs.
        """
        if self.connection is None:
            return False
        line = select.poll()
        try:
            line.register(self.connection.fileno(), select.POLLIN)
        except psycopg.Error:
            return False
        return bool(super().is_usable()) if line.poll(0) else True
