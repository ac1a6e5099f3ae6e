"""Occurrences before something are named with their minutes, also those that are there."""

from __future__ import annotations

from django.db import migrations

REMINDERS = """
UPDATE reminders_reminder SET next_slot = next_slot || '/-' || before_minutes
WHERE frequency = 'before' AND next_slot LIKE '%Z'
"""
NOTIFICATIONS = """
UPDATE reminders_notification n SET slot = n.slot || '/-' || r.before_minutes
FROM reminders_reminder r
WHERE r.guild_id = n.guild_id AND r.id = n.reminder_id
  AND r.frequency = 'before' AND n.slot LIKE '%Z'
"""
DELIVERIES = """
UPDATE reminders_delivery d SET occurrence = d.occurrence || '/-' || r.before_minutes
FROM reminders_reminder r
WHERE r.guild_id = d.guild_id AND r.id = d.reminder_id
  AND r.frequency = 'before' AND d.occurrence LIKE '%Z'
"""
# The earlier engine reads an instant; what came it finds by no name of ours.
WITHOUT = """
UPDATE reminders_reminder SET next_slot = split_part(next_slot, '/-', 1)
WHERE next_slot LIKE '%Z/-%'
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0006_look_at")]

    operations = [
        migrations.RunSQL([(REMINDERS, None)], [(WITHOUT, None)]),
        migrations.RunSQL([(NOTIFICATIONS, None)], migrations.RunSQL.noop),
        migrations.RunSQL([(DELIVERIES, None)], migrations.RunSQL.noop),
    ]
