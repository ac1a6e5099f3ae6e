"""A household that opens again also catches up with what fell due while it was closed: what its
reminders were to do next is kept aside, not forgotten.
"""

import accounts.guild.rls
from django.db import migrations, models

REST = "timestamptz '9999-12-31 00:00:00+00'"

FUNCTION = f"""
CREATE OR REPLACE FUNCTION reminders_rest_or_wake() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.is_active AND NEW.deleted_at IS NULL THEN
        -- What somebody said meanwhile counts more than what it was to do then.
        UPDATE reminders_reminder
        SET look_at = CASE WHEN look_at = {REST} THEN rest_at ELSE look_at END,
            next_slot = CASE WHEN look_at = {REST} THEN rest_slot ELSE next_slot END,
            rest_at = NULL, rest_slot = ''
        WHERE guild_id = NEW.id AND rest_at IS NOT NULL;
    ELSE
        UPDATE reminders_reminder
        SET rest_at = look_at, rest_slot = next_slot, look_at = {REST}, next_slot = ''
        WHERE guild_id = NEW.id AND look_at IS NOT NULL AND look_at <> {REST};
    END IF;
    RETURN NULL;
END
$$
"""
BACK = f"""
CREATE OR REPLACE FUNCTION reminders_rest_or_wake() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.is_active AND NEW.deleted_at IS NULL THEN
        UPDATE reminders_reminder SET look_at = due_clock(), next_slot = ''
        WHERE guild_id = NEW.id AND look_at = {REST};
    ELSE
        UPDATE reminders_reminder SET look_at = {REST}, next_slot = ''
        WHERE guild_id = NEW.id AND look_at IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$
"""
# Of what rests already nobody knows what it was to do: an instant without a slot asks the engine
# to work that out.
FILL = f"UPDATE reminders_reminder SET rest_at = due_clock() WHERE look_at = {REST}"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_absence"),
        ("reminders", "0023_asked_on"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="reminder", name="reminders_reminder_touch"),
        migrations.AddField(
            model_name="reminder",
            name="rest_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="reminder",
            name="rest_slot",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=100),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=accounts.guild.rls.Touched(
                name="reminders_reminder_touch",
                quiet="look_at next_slot next_due_at rest_at rest_slot",
                version=2,
            ),
        ),
        migrations.RunSQL(FUNCTION, BACK),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
