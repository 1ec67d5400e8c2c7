"""How databases find what they are asked: a few rows by their index, in a tenant of any size.

SQLite shows its plans. What PostgreSQL would do depends on what it has counted; it has the same indexes.
"""

import re
import sqlite3
from collections.abc import Iterator
from importlib import import_module
from itertools import takewhile
from pkgutil import iter_modules
from typing import Any

import pytest
from sqlalchemy import PrimaryKeyConstraint, TextClause, UniqueConstraint, create_engine

from limen.app.preparing import require_migrated
from limen.app.settings.derived import DatabaseUrls
from limen.identity.audit.chain import Head
from limen.kernel.ids import SegmentId
from limen.storage import stores
from limen.storage.ledger import SqlLedger
from limen.storage.migrations.planning import COMMON, tell_planner
from limen.storage.revision import PLANNER_TOLD, is_planner_told
from limen.storage.schema import keystore_metadata, metadata
from limen.storage.schema.columns import is_on
from limen.storage.statements import Compiled, Statement
from limen.storage.sweep import EXPIRED, Sweeper
from tests.contract.world import on_sqlite

STORES = [f"{stores.__name__}.{found.name}" for found in iter_modules(stores.__path__)]
OTHERS = ("dialects.sqlite", "feed", "hot.reads", "hot.sqlite", "keystore", "outbox")
TABLES = {name: table for data in (metadata, keystore_metadata) for name, table in data.tables.items()}
READ_WIDELY = {
    "clients._NO_PKCE": "the doctor's, who is asked now and then",
    "clients._USES": "stops at the first; asked once for each algorithm when keys are rotated",
    "keystore._COUNT": "how much there is to do, counted once for a rotation",
    "keystore._OUTSIDE": "a few keys for each tenant, when the root key was rotated",
    "rotations._RUNNING": "a tenant has had a few rotations",
    "sqlite._PRUNE_CHECKPOINTS": "the newest number is one step from the end of the index",
    "sqlite._PRUNE_RECORDS": "the same",
}
"""Statements that look at every row of a tenant or a table, and why they may."""
SMALL = {"attacks", "privacy_requests", "setup_links"}
"""Tables that a sweep reads through: a tenant has few rows there, and they are swept by what has no index."""


def said(made: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every statement in what a module holds under a name, in SQLite's words."""
    if isinstance(made, Statement):
        yield name, made.compiled("sqlite").sql
    elif isinstance(made, TextClause):
        yield name, Compiled(made, "sqlite").sql
    elif isinstance(made, str):
        yield name, re.sub(r":\w+|\?\d", "?", made)
    elif isinstance(made, tuple):
        for place, one in enumerate(made):
            yield from said(one, f"{name}[{place}]")


def statements(module: str) -> Iterator[tuple[str, str]]:
    """Those of a module that read, change or delete under some condition."""
    short = module.rpartition(".")[2]
    for name, made in vars(import_module(module)).items():
        for found, sql in said(made, f"{short}.{name}"):
            if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", sql):
                yield found, sql


def asks_for_few(sql: str) -> bool:
    """Whether anything but the tenant, and how many rows at most, is given to find rows by."""
    conditions = re.sub(r"tenant_id = \?|LIMIT \?|OFFSET \?", "", sql.partition("WHERE")[2])
    return "?" in conditions


def reads_widely(step: str) -> bool:
    """Whether a step of a plan goes through a table, or through all that has one tenant, kind or the like."""
    kind, _, rest = step.partition(" ")
    if kind == "SCAN":
        return rest.split()[0] in TABLES
    by = re.search(r"\((\w+)=\?\)$", step)
    return by is not None and by[1] in {"tenant_id", *COMMON}


def wide_steps(database: sqlite3.Connection, sql: str) -> list[str]:
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))]
    return [step for step in plan if reads_widely(step)]


@pytest.fixture(scope="module")
def databases(sqlite_templates):
    opened = [sqlite3.connect(sqlite_templates / name) for name in ("limen.db", "keys.db")]
    yield opened
    for database in opened:
        database.close()


@pytest.mark.parametrize("module", [*STORES, *(f"limen.storage.{name}" for name in OTHERS)])
def test_whoever_asks_for_few_rows_does_not_have_a_tenant_read(module, databases):
    """SQLite's planner, not told of the tables, read all factors of a tenant to show those of one customer."""
    data, keys = databases
    wide = {}
    for name, sql in statements(module):
        if not asks_for_few(sql):
            continue
        broad = wide_steps(keys if module.endswith("keystore") else data, sql)
        if bool(broad) != (name in READ_WIDELY):
            wide[name] = broad
    assert wide == {}


@pytest.mark.anyio
@on_sqlite
async def test_nor_do_sweeps_and_verifications(database, databases):
    """Their statements are put together where they are run."""
    asked: list[str] = []
    platform = database.storage.database
    platform.dialect.trace = asked.append
    sweeper, ledger = Sweeper(platform, database.clock), SqlLedger(platform, database.a)
    await sweeper.sweep(database.a)
    await sweeper.sweep_outbox()
    await sweeper.empty_dead(0)
    await ledger.hashes([Head(database.a, SegmentId(name), 1, b"") for name in ("one", "two")])
    await ledger.latest("ledger.verified", database.a)
    wide = {sql: wide_steps(databases[0], sql) for sql in asked if asks_for_few(sql)}
    swept = {step.split()[1] for steps in wide.values() for step in steps}
    assert (len(wide) > len(EXPIRED), swept) == (True, SMALL)


@pytest.mark.anyio
@on_sqlite
async def test_a_file_that_was_told_less_is_told_at_the_next_start(database):
    """It is at the newest revision: nothing else would ever tell it."""
    files = [sqlite3.connect(url.partition(":///")[2]) for url in (database.url, database.keys_url)]
    told = [file.execute("SELECT * FROM sqlite_stat1").fetchall() for file in files]
    for file in files:
        file.executescript("DELETE FROM sqlite_stat1; PRAGMA user_version = 0;")
    urls = DatabaseUrls(database.url, database.keys_url, "", database.url, database.keys_url)
    await require_migrated(database.storage, urls)
    assert all(told)
    assert [file.execute("SELECT * FROM sqlite_stat1").fetchall() for file in files] == told
    assert await is_planner_told(database.storage.database)
    for file in files:
        file.close()


def test_another_rule_for_the_planner_has_another_number():
    """Databases that were told by the old one never hear of it otherwise: add a row, and change none."""
    made_up = """
        CREATE TABLE things (tenant_id, id, kind, owner, state, PRIMARY KEY (tenant_id, id));
        CREATE TABLE trees (tenant_id, id, PRIMARY KEY (tenant_id, id)) WITHOUT ROWID;
        CREATE INDEX by_owner ON things (tenant_id, kind, owner, state);
        CREATE INDEX waiting ON things (tenant_id, state) WHERE state != '';
        CREATE UNIQUE INDEX one_each ON things (tenant_id, owner)"""
    told_by = {
        1: (
            {
                ("things", "by_owner", "1000000 100000 10000 10 1"),
                ("things", "one_each", "1000000 100000 1"),
                ("things", "sqlite_autoindex_things_1", "1000000 100000 1"),
                ("things", "waiting", "10000 1000 100"),
                ("trees", "trees", "1000000 100000 1"),
            },
            {"client_key", "event", "kind", "level", "number", "purpose", "state"},
        )
    }
    with create_engine("sqlite://").begin() as connection:
        for statement in made_up.split(";"):
            connection.exec_driver_sql(statement)
        tell_planner(connection)
        told = {tuple(row) for row in connection.exec_driver_sql("SELECT tbl, idx, stat FROM sqlite_stat1")}
    assert told_by[PLANNER_TOLD] == (told, COMMON)


def test_whatever_hangs_on_a_row_is_found_by_an_index():
    """Or every row that is deleted would have a table read for each that hangs on it, on either database."""
    bare = {}
    for table in TABLES.values():
        keys = [key.columns for key in table.constraints if isinstance(key, PrimaryKeyConstraint | UniqueConstraint)]
        indexes = [index for index in table.indexes if is_on("sqlite", index)]
        whole = (index.columns for index in indexes if index.dialect_options["sqlite"]["where"] is None)
        ways = [[column.name for column in way] for way in (*keys, *whole)]
        for key in table.foreign_key_constraints:
            known = set(key.column_keys)
            if not any(known - {"tenant_id"} <= set(takewhile(known.__contains__, way)) for way in ways):
                bare[table.name] = sorted(known)
    assert bare == {}
