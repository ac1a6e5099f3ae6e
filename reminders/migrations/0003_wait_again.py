"""What had come, was snoozed, closed and opened again waits at once.

Its snoozed round is skipped when it is closed; as long as it counted as snoozed it never came back.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

functions = import_module("reminders.migrations.0002_functions")
BEFORE = "SET closed_at = NULL, closed_reason = ''"
AFTER = f"{BEFORE}, snoozed_until = NULL"


def _replace(sql: str) -> migrations.RunSQL:
    former = sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    return migrations.RunSQL([(former.replace(BEFORE, AFTER), None)], [(former, None)])


class Migration(migrations.Migration):
    dependencies = [("reminders", "0002_functions")]

    operations = [_replace(functions.REOPEN), _replace(functions.MOVE_SOURCE)]
