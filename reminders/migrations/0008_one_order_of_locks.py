"""Who closes a reminder holds its notifications before its deliveries, as whoever answers one does.

The other way round a Done and a deletion at the same moment waited for each other.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

CLOSE = import_module("reminders.migrations.0002_functions").CLOSE
FORMER = CLOSE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
BEGIN = """BEGIN
    UPDATE reminders_delivery"""
HOLD = """BEGIN
    PERFORM FROM reminders_notification n
    WHERE n.guild_id = guild AND n.reminder_id = ANY (asked)
      AND n.closed_at IS NULL AND n.done_at IS NULL
    ORDER BY n.id FOR NO KEY UPDATE;
    UPDATE reminders_delivery"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0007_slots_with_minutes")]

    operations = [migrations.RunSQL([(FORMER.replace(BEGIN, HOLD), None)], [(FORMER, None)])]
