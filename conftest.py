"""Real PostgreSQL and Valkey; every test talks to the database as guildhall_app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from accounts.guild.testing import Cast, make_cast
from config.web.valkey import valkey

KEPT = "'django_migrations', 'django_content_type', 'auth_permission'"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database of the owner's making, migrated; afterwards the aliases are their own roles."""
    owner = connections["owner"]
    real_name = owner.settings_dict["NAME"]
    with django_db_blocker.unblock():
        name = owner.creation.create_test_db(verbosity=0, autoclobber=True)
        for alias in ("default", "system"):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = settings.DATABASES[alias]["NAME"] = name
        yield
        for connection in connections.all():
            connection.close()
        owner.creation.destroy_test_db(real_name, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests() -> Iterator[None]:
    """Static files keep their names, and mail goes to the outbox of the test."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain}, MAIL_IS_SET_UP=True
    ):
        yield


@pytest.fixture(autouse=True)
def _fresh_valkey() -> None:
    """Throttles and caches of one test are not another's."""
    valkey().flushdb()


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, inside the test's own transaction."""
    return make_cast()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database in which commits are real, for what several connections or roles must see."""
    with django_db_blocker.unblock():
        yield
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
                f" WHERE schemaname = 'public' AND tablename NOT IN ({KEPT})"
            )
            [(tables,)] = cursor.fetchall()
            cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        for connection in connections.all():
            connection.close()


@pytest.fixture
def committed_cast(committed: None) -> Cast:
    return make_cast()
