"""Backups of a database as operators make them: a copy of SQLite's file, the rows of PostgreSQL's tables."""

import asyncio
import io
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg


@dataclass(frozen=True)
class Backup:
    """What was in a database at one instant: ``content`` is the file, or each table's rows in PostgreSQL's format."""

    content: tuple[tuple[str, bytes], ...]

    def has(self, part: bytes) -> bool:
        """Tell whether these bytes stand anywhere in it."""
        return any(part in stored for _, stored in self.content)


_COUNTED = """
SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND (attidentity != '' OR atthasdef)
"""


async def back_up(url: str) -> Backup:
    """Copy everything in the database at *url*, while it is in use."""
    if url.startswith("sqlite"):
        return Backup((("", await asyncio.to_thread(_copied, _file(url))),))
    connection = await asyncpg.connect(url)
    try:
        names = await _tables(connection)
        rows = []
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for name in names:
                taken = io.BytesIO()
                await connection.copy_from_table(name, output=taken, format="binary")
                rows.append((name, taken.getvalue()))
    finally:
        await connection.close()
    return Backup(tuple(rows))


async def restore(backup: Backup, url: str) -> None:
    """Put *backup* in place of what is in the database at *url*, which nobody uses."""
    if url.startswith("sqlite"):
        _file(url).write_bytes(backup.content[0][1])
        return
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")  # as pg_restore: no trigger fires
            await connection.execute(f"TRUNCATE {', '.join(name for name, _ in backup.content)} CASCADE")
            for name, rows in backup.content:
                await connection.copy_to_table(name, source=io.BytesIO(rows), format="binary")
                await _go_on_counting(connection, name)
    finally:
        await connection.close()


async def _go_on_counting(connection: asyncpg.Connection, table: str) -> None:
    """Let the sequences of *table* go on behind its rows: pg_dump keeps where they stood."""
    for row in await connection.fetch(_COUNTED, table):
        counter = await connection.fetchval("SELECT pg_get_serial_sequence($1, $2)", table, row["attname"])
        if counter is not None:
            await connection.execute(f"SELECT setval('{counter}', coalesce(max({row['attname']}), 0) + 1) FROM {table}")


async def _tables(connection: asyncpg.Connection) -> Sequence[str]:
    found = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [row["tablename"] for row in found]


def _copied(file: Path) -> bytes:
    """Return the database as SQLite's own backup makes it: whole, whatever its log still holds."""
    source, target = sqlite3.connect(file), sqlite3.connect(":memory:")
    try:
        source.backup(target)
        return target.serialize()
    finally:
        source.close()
        target.close()


def _file(url: str) -> Path:
    return Path(url.partition(":///")[2])
