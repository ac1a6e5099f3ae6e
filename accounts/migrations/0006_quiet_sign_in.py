"""Signing in is no change of a person: no form that she has open gets old by it."""

from __future__ import annotations

from django.db import migrations

import accounts.guild.rls


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_letter")]

    operations = [
        migrations.RemoveConstraint(model_name="user", name="accounts_user_touch"),
        migrations.AddConstraint(
            model_name="user",
            constraint=accounts.guild.rls.Touched(
                name="accounts_user_touch", quiet="last_login is_active", version=2
            ),
        ),
    ]
