"""Search in an index of ten thousand customers and of a million: how long the database takes, and how much room.

The rows are made by the database itself, customer by customer, with tokens that repeat as names do: every step halves
what shares a beginning. They come in the order of customers, whose tokens are in none, as they do in life. What is
timed is the statement of a search, from the driver's call to the rows; nothing is opened.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped, unused-ignore]

from bench.figures import Figure
from bench.vault.place import TENANT, Vault, at_most
from limen.identity.search.records import Span
from limen.storage.opening import Storage
from limen.storage.unit import Unit

Ask = Callable[[Unit, Any], Awaitable[int]]
SEARCH: Final = "search"
SIZES: Final = (10_000, 1_000_000)
PREFIX, EXACT = 1, 2
_QUERIES: Final = 300
_ROUNDS: Final = 5
_PAGES: Final = frozenset({"first_page_of_3", "first_page_of_5"})
_PAGE: Final = 51
"""A page of fifty, and one that tells whether there is another."""
_MOST_MS: Final = 5.0
_FLAT: Final = 1.3
_MOST_MB: Final = 300.0

_CUSTOMERS: Final = """
INSERT INTO customers (tenant_id, id, subject, state, sealed_profile, created_at, updated_at, valid_after, proof_after,
                       version)
SELECT $1, 'cus_' || lpad(n::text, 26, '0'), md5(n::text), 'active', decode(repeat(md5(n::text), 6), 'hex'), n, n, 0, 0,
       1
FROM generate_series($2::bigint, $3::bigint) n
"""
_CONTACTS: Final = """
INSERT INTO contact_index (tenant_id, kind, blind, index_version, normalisation, customer_id, verified_at)
SELECT $1, 'email', sha256(n::text::bytea), 1, 'email-nfkc-casefold-1', 'cus_' || lpad(n::text, 26, '0'), 0
FROM generate_series($2::bigint, $3::bigint) n
"""
# What is filled in refers to what there is, and what nothing here reads is not kept up: a run has minutes.
_QUICKLY: Final = """
SET session_replication_role = replica;
DROP INDEX IF EXISTS ix_customers_valid_after, ix_customers_created, ix_customers_barred;
DROP INDEX IF EXISTS ix_contact_index_customer, ix_contact_index_held;
ALTER TABLE customers DROP CONSTRAINT IF EXISTS customers_tenant_id_subject_key;
"""
# The k-th beginning is shared by twice as many as the next after it: a few hundred of three letters, thousands of five.
_TOKENS: Final = """
INSERT INTO search_tokens (tenant_id, number, token, customer_id)
SELECT $1, number,
       CASE WHEN number = 1 THEN part(1, three) || part(2, five) || part(3, eight) || part(4, n) ELSE whole(n) END,
       'cus_' || lpad(n::text, 26, '0')
FROM (SELECT n, spread(n, 300) AS three, spread(n, 300) * 100 + spread(n * 7, 100) AS five,
             (spread(n, 300) * 100 + spread(n * 7, 100)) * 100 + spread(n * 13, 100) AS eight
      FROM generate_series($2::bigint, $3::bigint) n) names, unnest($4::int[]) number
"""
_FUNCTIONS: Final = """
CREATE FUNCTION part(level int, value bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
AS $$ SELECT substring(decode(md5(level || ':' || value), 'hex') from 1 for CASE WHEN level < 3 THEN 3 ELSE 4 END) $$;
CREATE FUNCTION whole(value bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
AS $$ SELECT substring(decode(md5('whole:' || value), 'hex') from 1 for 8) $$;
CREATE FUNCTION spread(value bigint, among int) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$ SELECT floor(among * power((hashint8(value)::bigint + 2147483648) / 4294967296.0, 3))::bigint $$;
"""
_PICKED: Final = """
SELECT part(1, spread(n, 300)) AS p3, whole(n) AS w, sha256(n::text::bytea) AS b,
       part(1, spread(n, 300)) || part(2, spread(n, 300) * 100 + spread(n * 7, 100)) AS p5
FROM unnest($1::bigint[]) n
"""
_EXPLAIN: Final = """
EXPLAIN (ANALYZE, BUFFERS, COSTS OFF)
SELECT c.*, s.token FROM search_tokens s JOIN customers c ON c.tenant_id = $1 AND c.id = s.customer_id
WHERE s.number = 1 AND (s.token, s.customer_id) > ($2, '') AND s.token <= $3
ORDER BY s.token, s.customer_id LIMIT 51
"""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one kind of query, in the order of their length."""

    sorted_ms: list[float]

    def share(self, part: float) -> float:
        """Return the time that this *part* of them did not exceed."""
        return self.sorted_ms[min(len(self.sorted_ms) - 1, int(part * len(self.sorted_ms)))]

    def detail(self) -> dict[str, float]:
        """Return what is written down of them."""
        return {"p50_ms": round(self.share(0.5), 3), "p95_ms": round(self.share(0.95), 3)}


def measure(vault: Vault) -> Iterator[Figure]:
    """Yield times at the greater size, how they grew from the lesser, and the room that an index takes up."""
    vaults = dict(zip(SIZES, (vault.beside(), vault), strict=True))
    megabytes = 0.0
    for size, filled in vaults.items():
        vault.bench.say(f"search: {size:,} customers")
        megabytes = asyncio.run(_fill(filled.databases.data_url, size))
    found, plan = asyncio.run(_ask(vaults))
    small, large = found[SIZES[0]], found[SIZES[1]]
    for name, times in large.items():
        detail = {f"{size}": found[size][name].detail() for size in SIZES}
        yield at_most(f"search_{name}_ms", times.share(0.95), _MOST_MS, {"limen": times.detail(), **detail})
        growth = times.share(0.5) / small[name].share(0.5)
        yield at_most(f"search_{name}_growth", growth, _FLAT, {"of": "medians", **detail, "plan": plan})
    detail = {"rows": SIZES[1], "of": "table and indexes, pg_total_relation_size, half of what two fields take up"}
    yield at_most("search_index_mb", megabytes, _MOST_MB, detail)


async def _fill(url: str, size: int) -> float:
    """Make *size* customers with a prefix and an exact token each; return megabytes a field a million."""
    owner = await asyncpg.connect(url)
    try:
        await owner.execute(_FUNCTIONS)
        await owner.execute(_QUICKLY)
        await owner.execute(_CUSTOMERS, str(TENANT), 1, size)
        await owner.execute(_CONTACTS, str(TENANT), 1, size)
        before = await _megabytes(owner)
        await owner.execute(_TOKENS, str(TENANT), 1, size, [PREFIX, EXACT])
        grown = (await _megabytes(owner) - before) / 2 * SIZES[1] / size
        for table in ("customers", "contact_index", "search_tokens"):
            await owner.execute(f"VACUUM ANALYZE {table}")
        await owner.execute("CHECKPOINT")
        return grown
    finally:
        await owner.close()


async def _megabytes(owner: Any) -> float:
    return float(await owner.fetchval("SELECT pg_total_relation_size('search_tokens')")) / 1_000_000


async def _picked(vault: Vault, size: int) -> list[Any]:
    """Return what is asked for: the tokens of some of *size* customers."""
    owner = await asyncpg.connect(vault.databases.data_url)
    try:
        picked = [1 + (n * 7_919_317) % size for n in range(_QUERIES)]
        return list(await owner.fetch(_PICKED, picked))
    finally:
        await owner.close()


async def _ask(vaults: dict[int, Vault]) -> tuple[dict[int, dict[str, Times]], str]:
    """Ask the lesser and the greater in turns; return their times by size and kind, and the plan of a first page."""
    rows = {size: await _picked(vault, size) for size, vault in vaults.items()}

    async def address(unit: Unit, row: Any) -> int:
        return int(await unit.customers.find_by_contact("email", row["b"]) is not None)

    async def exact(unit: Unit, row: Any) -> int:
        return len(await unit.customers.found(Span(EXACT, row["w"], row["w"]), _PAGE))

    def page(part: str) -> Ask:
        async def ask(unit: Unit, row: Any) -> int:
            end = (row[part] + b"\xff" * 14)[:14]
            return len(await unit.customers.found(Span(PREFIX, row[part], end), _PAGE))

        return ask

    kinds = {"address": address, "exact": exact, "first_page_of_3": page("p3"), "first_page_of_5": page("p5")}
    times: dict[int, dict[str, Times]] = {size: {} for size in vaults}
    async with AsyncExitStack() as opened:
        storages = {size: await opened.enter_async_context(vault.storage()) for size, vault in vaults.items()}
        for name, ask in kinds.items():
            taken: dict[int, list[float]] = {size: [] for size in vaults}
            for number in range(1 + _ROUNDS):
                for size, storage in storages.items():
                    round_ms = await _round(storage, rows[size], ask, _PAGE if name in _PAGES else 1)
                    if number:  # the first warms
                        taken[size] += round_ms
            for size, all_ms in taken.items():
                times[size][name] = Times(sorted(all_ms))
    return times, await _plan(vaults[SIZES[1]], rows[SIZES[1]][0]["p3"])


async def _round(storage: Storage, rows: Sequence[Any], ask: Ask, least: int) -> list[float]:
    """Ask for each of *rows*; return the milliseconds of those answers that were of *least* customers."""
    taken = []
    async with storage.database.read(TENANT) as unit:
        for row in rows:
            begun = perf_counter()
            count = await ask(unit, row)
            spent = (perf_counter() - begun) * 1_000
            if not count:
                raise ValueError("nobody was found")
            if count >= least:  # fewer rows are no first page: at the lesser size most beginnings have few
                taken.append(spent)
    return taken


async def _plan(vault: Vault, start: bytes) -> str:
    """Return how the database goes about a first page, in its own words."""
    owner = await asyncpg.connect(vault.databases.data_url)
    try:
        lines = await owner.fetch(_EXPLAIN, str(TENANT), start, (start + b"\xff" * 14)[:14])
        return "\n".join(line[0] for line in lines)
    finally:
        await owner.close()
