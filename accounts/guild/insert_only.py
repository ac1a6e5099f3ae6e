"""Row security of a table that pages write and never read."""

from __future__ import annotations

from typing import Any

from django.db.backends.ddl_references import Statement, Table

from accounts.guild.rls import APP_ROLE, OWNER_ROLE, REMOVE_POLICY, SYSTEM_ROLE, TableConstraint

CREATE_POLICY = (
    "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY; "
    "ALTER TABLE %(table)s FORCE ROW LEVEL SECURITY; "
    f"CREATE POLICY %(name)s ON %(table)s FOR INSERT TO {APP_ROLE} WITH CHECK (true); "
    f"CREATE POLICY %(everything)s ON %(table)s TO {SYSTEM_ROLE}, {OWNER_ROLE} "
    "USING (true) WITH CHECK (true)"
)


class InsertOnly(TableConstraint):
    """guildhall_app may add rows and sees none of them; the other roles see all.

    An INSERT that returns something reads, and is refused: write with plain SQL.
    """

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(CREATE_POLICY, model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(REMOVE_POLICY, model, schema_editor)

    def _statement(self, template: str, model: Any, schema_editor: Any) -> Statement:
        quote = schema_editor.quote_name
        return Statement(
            template,
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            everything=quote(f"{self.name}_all"),
        )
