"""By the month, by the year, by RRULE, by elapsed time; an end, and days that are left out."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


# To the release before they are what comes once more.
ONCE_MORE = """
UPDATE reminders_reminder
SET frequency = 'once', once_at = coalesce(next_due_at, once_at, created_at)
WHERE frequency IN ('monthly', 'yearly', 'rrule', 'interval')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_quiet_sign_in'),
        ('reminders', '0010_pass_over'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reminder',
            name='reminders_reminder_times',
        ),
        migrations.AddField(
            model_name='reminder',
            name='count',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='how many times'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='every_minutes',
            field=models.FloatField(blank=True, null=True, verbose_name='minutes between'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='last_on',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='month_day',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='day of the month'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='nth',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='which weekday of the month'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='rrule',
            field=models.CharField(blank=True, max_length=500, verbose_name='RRULE'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='skip',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), blank=True, default=list, verbose_name='days left out'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='until',
            field=models.DateField(blank=True, null=True, verbose_name='last day'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='frequency',
            field=models.CharField(choices=[('once', 'Once'), ('daily', 'Every day'), ('weekly', 'Every week'), ('monthly', 'Every month'), ('yearly', 'Every year'), ('interval', 'Every so many minutes'), ('rrule', 'By a rule of your own'), ('before', 'Before something is due')], max_length=8, verbose_name='how often'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('frequency', 'once'), ('once_at__isnull', False)), models.Q(('frequency', 'daily'), ('starts_on__isnull', False), ('time__isnull', False)), models.Q(('frequency', 'weekly'), ('starts_on__isnull', False), ('time__isnull', False), ('weekdays__len__gte', 1)), models.Q(models.Q(models.Q(('month_day__isnull', False), ('nth', None)), models.Q(('month_day', None), ('nth__isnull', False), ('weekdays__len', 1)), _connector='OR'), ('frequency', 'monthly'), ('starts_on__isnull', False), ('time__isnull', False)), models.Q(('frequency', 'yearly'), ('starts_on__isnull', False), ('time__isnull', False)), models.Q(models.Q(('rrule', ''), _negated=True), ('frequency', 'rrule'), ('starts_on__isnull', False), ('time__isnull', False)), models.Q(('every_minutes__isnull', False), ('frequency', 'interval'), ('once_at__isnull', False)), models.Q(('before_minutes__isnull', False), ('frequency', 'before'), ('source_id__isnull', False)), _connector='OR'), name='reminders_reminder_times'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('month_day', None), ('month_day__in', [-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]), _connector='OR'), models.Q(('nth', None), ('nth__in', [-1, 1, 2, 3, 4, 5]), _connector='OR')), name='reminders_reminder_month_days'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(('every_minutes', None), models.Q(('every_minutes__gte', 0.5), ('every_minutes__lte', 525600)), _connector='OR'), name='reminders_reminder_every'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('count', None), models.Q(('count__gte', 1), ('count__lte', 1000)), _connector='OR'), models.Q(('count', None), ('until', None), _connector='OR'), ('skip__len__lte', 500)), name='reminders_reminder_end'),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, ONCE_MORE),
    ]
