"""What fell due within the last day is found without reading what is kept for months."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reminders", "0026_archive_parts")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=BrinIndex(fields=["due_at"], name="reminders_delivery_due", autosummarize=True),
        ),
    ]
