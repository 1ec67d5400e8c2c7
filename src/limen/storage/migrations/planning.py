"""What SQLite's planner is told of the tables: many rows of one tenant, of which a second column leaves few.

Every key and every index begins with the tenant. Of tables that nobody has counted SQLite believes that a first column
leaves ten rows, so it would read all factors of a tenant to save sorting those of one customer. Counting them
(``ANALYZE``) helps nobody whose tables are empty when they are made, and lets plans change by night on a server that
was fast by day. So the shape is told at the end of each migration, and is the same everywhere (``sqlite_stat1``:
https://sqlite.org/fileformat2.html §2.6.3). It goes with the file into a backup. A start looks whether what it would
say itself has been told (:data:`limen.storage.revision.PLANNER_TOLD`). PostgreSQL counts by itself.
"""

from typing import Final

from sqlalchemy import Connection

from limen.storage.revision import PLANNER_TOLD

_ROWS: Final = 1_000_000
_OF_ONE_TENANT: Final = 10
_OF_A_CONDITION: Final = 100
"""The table has so many times the rows of one tenant, and of an index on a condition."""
_A_FEW: Final = 10
COMMON: Final = frozenset({"client_key", "event", "kind", "level", "number", "purpose", "state"})
"""Columns of few values, each of which leaves a tenth of the rows; the number is that of a search index."""
_INDEXES: Final = """
SELECT t.name, i.name, i."unique", i.origin, i.partial, group_concat(c.name, ' '), t.sql
FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
GROUP BY 1, 2 ORDER BY 1, 2"""


def tell_planner(connection: Connection) -> None:
    """Tell SQLite how many rows each column of each index leaves; what was told or counted before is replaced.

    Any other database is left to count by itself.
    """
    if connection.dialect.name != "sqlite":
        return
    run = connection.exec_driver_sql
    run("ANALYZE sqlite_schema")  # makes the table; without a name it would read every index from end to end
    run("DELETE FROM sqlite_stat1")
    for table, index, is_unique, origin, is_partial, columns, sql in run(_INDEXES).all():
        is_tree = origin == "pk" and "WITHOUT ROWID" in sql.upper()
        rows = _ROWS // _OF_A_CONDITION if is_partial else _ROWS
        told = (table, table if is_tree else index, _left(columns.split(), rows, is_unique=bool(is_unique)))
        run("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", told)
    run("ANALYZE sqlite_schema")  # reads it
    run(f"PRAGMA user_version = {PLANNER_TOLD}")


def _left(columns: list[str], rows: int, *, is_unique: bool) -> str:
    """Return the *rows* of an index, and those left by its first column, its first two, and so on."""
    left = [rows]
    for column in columns:
        if column == "tenant_id":
            left.append(left[-1] // _OF_ONE_TENANT)
        else:
            left.append(left[-1] // 10 if column in COMMON else min(left[-1], _A_FEW))
    if is_unique:
        left[-1] = 1
    return " ".join(map(str, left))
