"""When the engine looks is one thing, when it fires another: that is what is announced.

With other minutes an occurrence before something is another one. What the engine writes down for
itself is no change of the reminder.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations, models

import accounts.guild.rls

before = import_module("reminders.migrations.0004_deleted_stay_closed")
CREATE, REPLACE = "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
CLOSE_SOURCE = before.before.functions.CLOSE_SOURCE.replace(CREATE, REPLACE)
MOVE_SOURCE = before.FORMER.replace(before.ANY, before.LIVE)
SLOT = "WHEN next_time > due_clock() THEN slot\n"
NEW_SLOT = "WHEN next_time > due_clock() THEN slot || '/-' || r.before_minutes\n"


def _looking(sql: str) -> migrations.RunSQL:
    new = sql.replace("next_due_at", "look_at").replace(SLOT, NEW_SLOT)
    return migrations.RunSQL([(new, None)], [(sql, None)])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_quiet_fields"),
        ("reminders", "0005_household_destinations"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="reminder", name="reminders_reminder_touch"),
        migrations.RemoveConstraint(model_name="reminder", name="reminders_reminder_quiet"),
        migrations.RemoveIndex(model_name="reminder", name="reminders_reminder_due"),
        migrations.RemoveIndex(model_name="reminder", name="reminders_reminder_next"),
        migrations.RenameField(model_name="reminder", old_name="next_due_at", new_name="look_at"),
        migrations.AlterField(
            model_name="reminder",
            name="look_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="reminder",
            name="next_due_at",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(models.Q(("next_slot", ""), _negated=True), then="look_at")
                ),
                null=True,
                output_field=models.DateTimeField(null=True),
                verbose_name="next",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("look_at__isnull", False)),
                fields=["look_at", "id"],
                name="reminders_reminder_due",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                fields=["guild", "next_due_at", "id"], name="reminders_reminder_next"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("look_at", None),
                    models.Q(("deleted_at", None), ("paused_at", None)),
                    _connector="OR",
                ),
                name="reminders_reminder_quiet",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=accounts.guild.rls.Touched(
                name="reminders_reminder_touch",
                quiet="look_at next_slot next_due_at",
                version=2,
            ),
        ),
        _looking(CLOSE_SOURCE),
        _looking(MOVE_SOURCE),
    ]
