"""A row that is open again opens nothing of reminders that were deleted meanwhile."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

before = import_module("reminders.migrations.0003_wait_again")
FORMER = before.functions.MOVE_SOURCE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
FORMER = FORMER.replace(before.BEFORE, before.AFTER)
ANY = "n.reminder_id = ANY (found_ids)"
LIVE = """n.reminder_id IN (
          SELECT r.id FROM reminders_reminder r
          WHERE r.id = ANY (found_ids) AND r.deleted_at IS NULL
      )"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0003_wait_again")]

    operations = [migrations.RunSQL([(FORMER.replace(ANY, LIVE), None)], [(FORMER, None)])]
