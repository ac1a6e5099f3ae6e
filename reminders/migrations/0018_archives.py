"""Months of deliveries that are archived; on the way back each row stands where it stood."""

import accounts.guild.ids
import accounts.guild.models
import accounts.guild.rls
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


BACK = """
INSERT INTO reminders_notification
SELECT r.* FROM reminders_archive a CROSS JOIN LATERAL jsonb_array_elements(a.entries) e
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::reminders_notification,
    (e -> 'letter') - 'escalated_from_id'
    || jsonb_build_object('guild_id', a.guild_id, 'recipient_id', a.member_id)
) r
WHERE e -> 'letter' IS NOT NULL AND (r.reminder_id IS NULL OR EXISTS (
    SELECT FROM reminders_reminder x WHERE x.guild_id = a.guild_id AND x.id = r.reminder_id))
ON CONFLICT DO NOTHING;
INSERT INTO reminders_delivery
SELECT r.* FROM reminders_archive a CROSS JOIN LATERAL jsonb_array_elements(a.entries) e
CROSS JOIN LATERAL jsonb_array_elements(e -> 'ways') w
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::reminders_delivery,
    w || jsonb_build_object('guild_id', a.guild_id, 'recipient_id', a.member_id, 'lease_owner', '')
) r
WHERE (r.reminder_id IS NULL OR EXISTS (
    SELECT FROM reminders_reminder x WHERE x.guild_id = a.guild_id AND x.id = r.reminder_id))
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_absence"),
        ("reminders", "0017_devices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.guild.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="made",
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="changed",
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                ("entries", models.JSONField(default=list)),
                ("occurrences", models.PositiveIntegerField(default=0, verbose_name="occurrences")),
                (
                    "guild",
                    accounts.guild.models.GuildField(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="+",
                        to="accounts.guild",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.member",
                        verbose_name="for",
                    ),
                ),
            ],
            options={
                "verbose_name": "month of deliveries",
                "verbose_name_plural": "months of deliveries",
                "abstract": False,
                "constraints": [
                    accounts.guild.rls.Touched(name="reminders_archive_touch", version=1),
                    models.UniqueConstraint(
                        fields=("guild", "id"), name="reminders_archive_guild_id"
                    ),
                    accounts.guild.rls.GuildPolicy(
                        kind="own_or_shared", name="reminders_archive_policy", version=1
                    ),
                    accounts.guild.rls.GuildForeignKey(
                        field="member",
                        name="reminders_archive_member",
                        on_delete="CASCADE",
                        version=1,
                    ),
                    models.UniqueConstraint(
                        fields=("guild", "member", "month"),
                        name="reminders_archive_of_month",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        # Last on the way there, so first on the way back.
        migrations.RunSQL(migrations.RunSQL.noop, BACK),
    ]
