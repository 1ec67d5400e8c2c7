"""Customers' sealed histories, and the counters of risk."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from sqlalchemy import BigInteger, bindparam, case, literal_column, or_, select, union_all

from limen.kernel.clock import Instant
from limen.kernel.errors import Fault
from limen.kernel.ids import CustomerId
from limen.storage.schema.trust import CROWDED, risk_counters, risk_histories
from limen.storage.stores.base import (
    TENANT,
    TenantInsertOrChange,
    TenantStatement,
    TenantStoreBase,
    columns,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
    update_mine,
)
from limen.trust.risk.store import CROWD, Count

PLACES = (16, 24, 32, 48, 64)
"""So many counters a look-up may name: its places are fixed, since it is compiled once; empty ones match nothing. Each
place costs, filled or not: most scores need some 25.
"""
MOST_KEYS = PLACES[-1]
_PLACES = tuple(f"key_{place}" for place in range(MOST_KEYS))
_theirs = risk_histories.c.customer_id == bindparam("customer")
_HISTORY = select_mine(risk_histories, _theirs)
_BEGIN = insert_new_mine(risk_histories)
_REPLACE = update_mine(
    risk_histories, _theirs, risk_histories.c.sealed == bindparam("held"), sets=("sealed", "seen_at")
)

_counts = risk_counters.c
_COUNTED = {
    most: mine(
        select(_counts.key, _counts.count).where(
            _counts.key.in_([bindparam(place) for place in _PLACES[:most]]), CROWDED
        ),
        risk_counters,
    )
    for most in PLACES
}
_AS_COUNT = -1
"""What a history is counted as that comes among counters: nothing was seen so often."""
_histories = select(risk_histories.c.sealed, literal_column(str(_AS_COUNT), BigInteger)).where(
    of_tenant(risk_histories), _theirs
)
_LOOK_UP = {most: TenantStatement(union_all(counted.core, _histories)) for most, counted in _COUNTED.items()}
# A crowd stays one: its size is counted no further, so that most updates change no column of an index (on PostgreSQL
# such rows are not written into every index again).
_crowd, _none = literal_column(str(CROWD), BigInteger), literal_column("0", BigInteger)
_after = _counts.customers + bindparam("more")
_is_crowd = or_(_counts.customers >= _crowd, _after >= _crowd)
_shown = _counts.count + case((_is_crowd, bindparam("shown", type_=BigInteger)), else_=_none)
_COUNT = TenantInsertOrChange(
    risk_counters,
    sets=columns(risk_counters),
    changes={
        "customers": case((_counts.customers >= _crowd, _counts.customers), else_=_after),
        "count": case((_shown < _none, _none), else_=_shown),
    },
    only_if=_after >= _none,
)


class SqlRisk(TenantStoreBase):
    """Implements :class:`limen.trust.risk.store.RiskStore`."""

    async def history(self, customer_id: CustomerId) -> bytes:
        """Return a customer's history as it was sealed."""
        row = await self._one(_HISTORY, customer=customer_id)
        return b"" if row is None else bytes(row.sealed)

    async def remember(self, customer_id: CustomerId, sealed: bytes, now: Instant, *, over: bytes) -> bool:
        """Put a customer's history in place of *over*; False where another took its place meanwhile."""
        if over:
            return await self._applied(_REPLACE, customer=customer_id, held=over, sealed=sealed, seen_at=now)
        return await self._applied(_BEGIN, customer_id=customer_id, sealed=sealed, seen_at=now)

    async def counted(self, keys: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return how often what *keys* stand for was shown."""
        most, named = _placed(keys)
        return {bytes(row.key): row.count for row in await self._all(_COUNTED[most], **named)}

    async def look_up(self, customer_id: CustomerId, keys: Sequence[bytes]) -> tuple[bytes, Mapping[bytes, int]]:
        """Return a customer's history as it was sealed, and how often what *keys* stand for was shown."""
        most, named = _placed(keys)
        found, sealed = dict[bytes, int](), b""
        for row in await self._all(_LOOK_UP[most], customer=customer_id, **named):
            if row.count == _AS_COUNT:
                sealed = bytes(row.key)
            else:
                found[bytes(row.key)] = row.count
        return sealed, found

    async def count(self, counts: Iterable[Count], expires_at: Instant) -> None:
        """Count each once more; in the order of their keys, so that no two transactions wait crosswise."""
        ordered = sorted(counts, key=attrgetter("key"))
        counted = [
            {
                TENANT: self._tenant_id,
                "key": one.key,
                "customers": max(0, one.customers),
                "count": max(0, one.shown) if one.customers >= CROWD else 0,
                "expires_at": expires_at,
                "more": one.customers,
                "shown": one.shown,
            }
            for one in ordered
        ]
        await self._connection.execute(_COUNT, counted)


def _placed(keys: Sequence[bytes]) -> tuple[int, dict[str, bytes]]:
    """Return how many places the shortest look-up has that holds *keys*, and what is put in them."""
    if len(keys) > MOST_KEYS:
        msg = "an assessment asks for more counters than a look-up names"
        raise Fault(msg)
    most = PLACES[bisect_left(PLACES, len(keys))]
    return most, dict.fromkeys(_PLACES[:most], b"") | dict(zip(_PLACES, keys, strict=False))
