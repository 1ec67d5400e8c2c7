"""A PostgreSQL database that is emptied to be used again: to copy one anew is to copy a thousand files.

Only rows can be taken back. A database in which anything else was changed, or which has grown, is not used again.
"""

from dataclasses import dataclass

import asyncpg

LARGE = 1_000_000
"""Bytes; above, the dead rows that stay where others were deleted would be felt."""
_END_OTHERS = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SHAPE = """
SELECT md5(string_agg(part, chr(10) ORDER BY part)) FROM (
  SELECT c::text FROM pg_class c
  UNION ALL SELECT a::text FROM pg_attribute a WHERE attrelid >= 16384
  UNION ALL SELECT d::text FROM pg_attrdef d
  UNION ALL SELECT c::text FROM pg_constraint c
  UNION ALL SELECT t::text FROM pg_trigger t
  UNION ALL SELECT p::text FROM pg_policy p
  UNION ALL SELECT p::text FROM pg_proc p WHERE oid >= 16384
  UNION ALL SELECT t::text FROM pg_type t WHERE oid >= 16384
  UNION ALL SELECT s::text FROM pg_sequence s
  UNION ALL SELECT n::text FROM pg_namespace n
  UNION ALL SELECT e::text FROM pg_extension e
  UNION ALL SELECT a::text FROM pg_default_acl a
  UNION ALL SELECT s::text FROM pg_db_role_setting s
  UNION ALL SELECT concat(datdba, datacl) FROM pg_database WHERE datname = current_database()
) AS parts (part)
"""
_FILLED = """
SELECT quote_ident(relname) AS name, pg_relation_size(oid) AS size FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY relname
"""
_RESTART = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"


@dataclass(frozen=True)
class Fresh:
    """What a database was like before anybody used it: its catalogue, and what stands in its tables."""

    shape: str
    rows: dict[str, str]


async def look(url: str) -> Fresh:
    """See what the database at *url*, made just now, is like."""
    connection = await asyncpg.connect(url)
    try:
        filled = [row["name"] for row in await connection.fetch(_FILLED)]
        return Fresh(await connection.fetchval(_SHAPE), {name: await _digest(connection, name) for name in filled})
    finally:
        await connection.close()


async def empty(url: str, fresh: Fresh) -> bool:
    """End every connection to the database at *url* and make it *fresh* again; tell whether it is."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_END_OTHERS)
        filled = {row["name"]: row["size"] for row in await connection.fetch(_FILLED)}
        if sum(filled.values()) > LARGE or await connection.fetchval(_SHAPE) != fresh.shape:
            return False
        for name, digest in fresh.rows.items():
            if await _digest(connection, name) != digest:
                return False
        deletions = "".join(f"DELETE FROM {name};" for name in filled if name not in fresh.rows)
        async with connection.transaction():
            await connection.execute(f"SET LOCAL session_replication_role = replica; {deletions} {_RESTART}")
    except asyncpg.InsufficientPrivilegeError:  # a server of somebody else's, where we may not do everything
        return False
    finally:
        await connection.close()
    return True


async def _digest(connection: asyncpg.Connection, name: str) -> str:
    rows = f"SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {name} AS t"
    return str(await connection.fetchval(rows))
