"""How SQLite finds what it is asked: one customer's rows are found among theirs, in a tenant of any size."""

import re
import sqlite3
from importlib import import_module
from pkgutil import iter_modules

import pytest

from limen.storage import stores
from limen.storage.schema import metadata
from limen.storage.statements import Statement

TABLE = re.compile(rf"\w+ ({'|'.join(metadata.tables)})\b")
STORES = [f"{stores.__name__}.{found.name}" for found in iter_modules(stores.__path__)]


def statements(store: str) -> dict[str, str]:
    made = vars(import_module(store)).items()
    return {name: one.compiled("sqlite").sql for name, one in made if isinstance(one, Statement)}


@pytest.mark.parametrize("store", STORES)
def test_what_is_asked_of_one_customer_is_found_among_their_rows(store, sqlite_templates):
    """SQLite's planner, not told of the tables, read all factors of a tenant to show those of one customer."""
    database = sqlite3.connect(sqlite_templates / "limen.db")
    wide = {}
    for name, sql in statements(store).items():
        if not re.search(r"customer_id = \?", sql):
            continue
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))]
        broad = [step for step in plan if ("SCAN" in step and TABLE.match(step)) or step.endswith("(tenant_id=?)")]
        if broad:
            wide[name] = broad
    database.close()
    assert wide == {}
