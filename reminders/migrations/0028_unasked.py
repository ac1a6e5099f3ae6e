"""Whoever made a reminder hears of it when nobody can say whom it is for."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0027_due_lately")]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("nobody", "Nobody is assigned"),
                    ("unasked", "It could not be asked whom it is for"),
                    ("all_away", "Everybody it is for is away"),
                    ("escalated", "Because nobody acted"),
                ],
                db_default="",
                editable=False,
                max_length=10,
                verbose_name="why",
            ),
        ),
    ]
