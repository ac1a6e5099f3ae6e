"""Morning summaries, and what moves them when a person or a household gets another time zone.

Accounts know nothing of reminders, so the database itself asks the engine to look again; the
function is SECURITY DEFINER, since a person may live in several households.
"""

import accounts.guild.ids
import accounts.guild.models
import accounts.guild.rls
import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


FOLLOW_ZONE = """
CREATE FUNCTION reminders_digest_follow_zone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE reminders_digest d SET look_at = due_clock(), next_slot = ''
    FROM accounts_member m
    WHERE m.guild_id = d.guild_id AND m.id = d.member_id AND d.look_at IS NOT NULL
      AND CASE WHEN TG_TABLE_NAME = 'accounts_user' THEN m.user_id = NEW.id
               ELSE m.guild_id = NEW.id END;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER reminders_digest_zone AFTER UPDATE OF time_zone ON {table}
FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone)
EXECUTE FUNCTION reminders_digest_follow_zone()
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_absence'),
        ('reminders', '0014_not_me'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('reminder', 'Reminder'), ('digest', 'Morning summary'), ('not_me', 'Not taken on')], default='reminder', max_length=10, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.UUIDField(default=accounts.guild.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='made')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed')),
                ('is_on', models.BooleanField(db_default=False, default=False, verbose_name='on')),
                ('time', models.TimeField(default=datetime.time(7, 0), verbose_name='time')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), verbose_name='weekdays')),
                ('contents', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), null=True, verbose_name='contents')),
                ('also_empty', models.BooleanField(default=False, verbose_name='also when there is nothing to say')),
                ('also_away', models.BooleanField(default=False, verbose_name='also while I am away')),
                ('answered_at', models.DateTimeField(editable=False, null=True)),
                ('look_at', models.DateTimeField(editable=False, null=True)),
                ('next_slot', models.CharField(blank=True, editable=False, max_length=100)),
                ('guild', accounts.guild.models.GuildField(db_index=False, editable=False, on_delete=django.db.models.deletion.DB_CASCADE, related_name='+', to='accounts.guild')),
                ('member', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.member', verbose_name='for')),
            ],
            options={
                'verbose_name': 'morning summary',
                'verbose_name_plural': 'morning summaries',
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('look_at__isnull', False)), fields=['look_at', 'id'], name='reminders_digest_due')],
                'constraints': [accounts.guild.rls.Touched(name='reminders_digest_touch', quiet='look_at next_slot', version=2), models.UniqueConstraint(fields=('guild', 'id'), name='reminders_digest_guild_id'), accounts.guild.rls.GuildPolicy(kind='personal', name='reminders_digest_policy', version=1), accounts.guild.rls.GuildForeignKey(field='member', name='reminders_digest_member', on_delete='CASCADE', version=1), models.UniqueConstraint(fields=('guild', 'member'), name='reminders_digest_of_member'), models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6]), ('weekdays__len__gte', 1)), name='reminders_digest_weekdays'), models.CheckConstraint(condition=models.Q(('contents', None), ('contents__len__lte', 20), _connector='OR'), name='reminders_digest_contents'), models.CheckConstraint(condition=models.Q(('is_on', True), ('look_at', None), _connector='OR'), name='reminders_digest_quiet')],
            },
        ),
        migrations.RunSQL([(FOLLOW_ZONE, None)], "DROP FUNCTION reminders_digest_follow_zone()"),
        migrations.RunSQL(
            "REVOKE EXECUTE ON FUNCTION reminders_digest_follow_zone() FROM PUBLIC",
            migrations.RunSQL.noop,
        ),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER reminders_digest_zone ON {table}"
            )
            for table in ("accounts_user", "accounts_guild")
        ),
    ]
