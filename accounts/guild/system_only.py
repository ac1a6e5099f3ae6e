"""Row security of a table that no page reads or writes."""

from __future__ import annotations

from typing import Any

from django.db.backends.ddl_references import Statement, Table

from accounts.guild.rls import OWNER_ROLE, SYSTEM_ROLE, TableConstraint

CREATE_POLICY = (
    "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY; "
    "ALTER TABLE %(table)s FORCE ROW LEVEL SECURITY; "
    f"CREATE POLICY %(name)s ON %(table)s TO {SYSTEM_ROLE}, {OWNER_ROLE} "
    "USING (true) WITH CHECK (true)"
)
REMOVE_POLICY = (
    "DROP POLICY %(name)s ON %(table)s; "
    "ALTER TABLE %(table)s NO FORCE ROW LEVEL SECURITY; "
    "ALTER TABLE %(table)s DISABLE ROW LEVEL SECURITY"
)


class SystemOnly(TableConstraint):
    """guildhall_app sees no row and adds none; the other roles see all."""

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(CREATE_POLICY, model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(REMOVE_POLICY, model, schema_editor)

    def _statement(self, template: str, model: Any, schema_editor: Any) -> Statement:
        quote = schema_editor.quote_name
        return Statement(template, table=Table(model._meta.db_table, quote), name=quote(self.name))
