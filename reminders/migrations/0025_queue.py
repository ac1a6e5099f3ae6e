"""What is planned stands in a narrow queue, which a claim writes instead of the delivery: a delivery
is written once, with its outcome, and that touches none of its indexes.
"""

from __future__ import annotations

from importlib import import_module

import accounts.guild.system_only
from django.db import migrations, models


def _without_owner(module: str, name: str) -> tuple[str, str]:
    """A function as it was, and as it is without the column."""
    text = getattr(import_module(f"reminders.migrations.{module}"), name)
    former = text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    column, value = "lease_owner, ", "'', ''\n    FROM"
    assert former.count(column) == former.count(value) == 1
    return former, former.replace(column, "").replace(value, "''\n    FROM")


FUNCTIONS = [
    _without_owner("0021_whom_it_is_for", "PASS_OVER"),
    _without_owner("0014_not_me", "TELL_MAKER"),
    _without_owner("0023_asked_on", "ASK_ON"),
]

# Whoever writes a delivery: a page, the engine, a function. What is planned anew, or for another
# time, is nobody's until it is due.
ENQUEUE = """
CREATE FUNCTION reminders_enqueue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO reminders_queued (id, channel, destination_id, is_reminder, try_at)
    SELECT n.id, n.channel, n.destination_id, n.reminder_id IS NOT NULL, n.try_at
    FROM added n WHERE n.status = 'planned';
    RETURN NULL;
END
$$;
CREATE FUNCTION reminders_requeue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO reminders_queued (id, channel, destination_id, is_reminder, try_at)
    VALUES (NEW.id, NEW.channel, NEW.destination_id, NEW.reminder_id IS NOT NULL, NEW.try_at)
    ON CONFLICT (id) DO UPDATE
        SET try_at = excluded.try_at, lease_until = NULL, lease_owner = NULL;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION reminders_enqueue(), reminders_requeue() FROM PUBLIC;
CREATE TRIGGER reminders_delivery_enqueue AFTER INSERT ON reminders_delivery
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION reminders_enqueue();
CREATE TRIGGER reminders_delivery_requeue AFTER UPDATE OF status, try_at ON reminders_delivery
FOR EACH ROW WHEN (NEW.status = 'planned'
                   AND (OLD.status <> 'planned' OR OLD.try_at <> NEW.try_at))
EXECUTE FUNCTION reminders_requeue();
"""
DEQUEUE = """
DROP TRIGGER reminders_delivery_requeue ON reminders_delivery;
DROP TRIGGER reminders_delivery_enqueue ON reminders_delivery;
DROP FUNCTION reminders_requeue(), reminders_enqueue();
"""
FILL = """
UPDATE reminders_delivery SET status = 'planned', lease_until = NULL WHERE status = 'sending';
INSERT INTO reminders_queued (id, channel, destination_id, is_reminder, try_at)
SELECT id, channel, destination_id, reminder_id IS NOT NULL, try_at
FROM reminders_delivery WHERE status = 'planned';
"""
# Room on each page for the next version of its rows, and a queue that is swept often: it is small,
# and most of what was in it is gone.
ROOM = """
ALTER TABLE reminders_delivery SET (fillfactor = 50);
ALTER TABLE reminders_queued SET (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_threshold = 2000);
"""


class Migration(migrations.Migration):
    dependencies = [
        ('accounts', '0007_absence'),
        ('reminders', '0024_rest_and_wake'),
    ]

    operations = [
        migrations.CreateModel(
            name='Queued',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('inbox', 'Inbox'), ('email', 'E-mail'), ('push', 'Push'), ('webhook', 'Webhook'), ('apprise', 'Apprise')], max_length=10)),
                ('destination_id', models.UUIDField(null=True)),
                ('is_reminder', models.BooleanField()),
                ('try_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('lease_owner', models.UUIDField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name='queued',
            constraint=accounts.guild.system_only.SystemOnly(name='reminders_queued_policy', version=1),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name='delivery',
            name='reminders_delivery_lease',
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='reminders_delivery_claim',
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='reminders_delivery_leases',
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='reminders_delivery_of_way',
        ),
        migrations.AlterField(
            model_name='delivery',
            name='status',
            field=models.CharField(choices=[('planned', 'Planned'), ('sent', 'Sent'), ('failed', 'Failed'), ('skipped', 'Not sent')], default='planned', max_length=7, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('destination__isnull', False)), fields=['guild', 'destination', '-due_at', '-id'], name='reminders_delivery_of_way'),
        ),
        migrations.AddIndex(
            model_name='queued',
            index=models.Index(fields=['channel', 'try_at', 'id'], name='reminders_queued_claim'),
        ),
        migrations.RunSQL(ROOM, "ALTER TABLE reminders_delivery RESET (fillfactor)"),
        *(migrations.RunSQL([(new, None)], [(former, None)]) for former, new in FUNCTIONS),
        migrations.RemoveField(
            model_name='delivery',
            name='lease_owner',
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='lease_until',
        ),
        migrations.RunSQL([(ENQUEUE, None)], [(DEQUEUE, None)]),
    ]
