"""A month of an archive in parts, of 500 occurrences each; on the way back they are one again."""

from __future__ import annotations

from django.db import migrations, models

SPLIT = """
WITH each AS (
    SELECT a.id, a.guild_id, a.member_id, a.month, (e.place - 1) / 500 AS part, e.place, e.entry,
           due.from_at, due.until_at
    FROM reminders_archive a
    CROSS JOIN LATERAL jsonb_array_elements(a.entries) WITH ORDINALITY AS e (entry, place)
    CROSS JOIN LATERAL (
        SELECT min(at) AS from_at, max(at) AS until_at FROM (
            SELECT (w ->> 'due_at')::timestamptz FROM jsonb_array_elements(e.entry -> 'ways') w
            UNION ALL
            SELECT coalesce(e.entry -> 'letter' ->> 'due_at',
                            e.entry -> 'letter' ->> 'created_at')::timestamptz
        ) each_way (at)
    ) due
), parts AS (
    SELECT id, guild_id, member_id, month, part, jsonb_agg(entry ORDER BY place) AS entries,
           count(*) AS occurrences, min(from_at) AS from_at, max(until_at) AS until_at
    FROM each GROUP BY id, guild_id, member_id, month, part
), further AS (
    INSERT INTO reminders_archive
        (id, guild_id, member_id, month, part, entries, occurrences, from_at, until_at)
    SELECT uuidv7(), guild_id, member_id, month, part, entries, occurrences, from_at, until_at
    FROM parts WHERE part > 0
)
UPDATE reminders_archive a
SET entries = p.entries, occurrences = p.occurrences, from_at = p.from_at, until_at = p.until_at
FROM parts p WHERE p.id = a.id AND p.part = 0;
UPDATE reminders_archive SET from_at = month, until_at = month WHERE from_at IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""
JOIN = """
WITH whole AS (
    SELECT a.guild_id, a.member_id, a.month, jsonb_agg(e.entry ORDER BY a.part, e.place) AS entries,
           count(*) AS occurrences
    FROM reminders_archive a
    CROSS JOIN LATERAL jsonb_array_elements(a.entries) WITH ORDINALITY AS e (entry, place)
    GROUP BY a.guild_id, a.member_id, a.month
), others AS (
    DELETE FROM reminders_archive WHERE part > 0
)
UPDATE reminders_archive a SET entries = w.entries, occurrences = w.occurrences
FROM whole w
WHERE a.guild_id = w.guild_id AND a.member_id IS NOT DISTINCT FROM w.member_id
  AND a.month = w.month AND a.part = 0;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0025_queue")]

    operations = [
        migrations.AddField(
            model_name="archive",
            name="part",
            field=models.PositiveIntegerField(default=0, verbose_name="part"),
        ),
        migrations.AddField(
            model_name="archive",
            name="from_at",
            field=models.DateTimeField(null=True, verbose_name="from"),
        ),
        migrations.AddField(
            model_name="archive",
            name="until_at",
            field=models.DateTimeField(null=True, verbose_name="until"),
        ),
        migrations.RemoveConstraint(model_name="archive", name="reminders_archive_of_month"),
        migrations.RunSQL([(SPLIT, None)], [(JOIN, None)]),
        migrations.AlterField(
            model_name="archive",
            name="from_at",
            field=models.DateTimeField(verbose_name="from"),
        ),
        migrations.AlterField(
            model_name="archive",
            name="until_at",
            field=models.DateTimeField(verbose_name="until"),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.UniqueConstraint(
                fields=("guild", "member", "month", "part"),
                name="reminders_archive_of_month",
                nulls_distinct=False,
            ),
        ),
    ]
