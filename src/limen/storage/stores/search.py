"""Search indexes, and the tokens in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, LargeBinary, Row, SmallInteger, Text, bindparam, column, func, select, tuple_

from limen.identity.customers.records import SealedCustomer
from limen.identity.search.records import IndexState, Match, SearchIndex, Span
from limen.kernel.ids import CustomerId
from limen.storage.schema.customers import customers, search_indexes, search_tokens
from limen.storage.stores.base import (
    TENANT,
    TenantByKind,
    TenantStoreBase,
    columns,
    delete_mine,
    insert_mine,
    insert_new_mine,
    mine,
    update_mine,
)

_EVERY = mine(select(search_indexes).order_by(search_indexes.c.number), search_indexes)
_this = search_indexes.c.number == bindparam("of")
_ADD = insert_new_mine(search_indexes)
_CHANGE = update_mine(
    search_indexes,
    _this,
    search_indexes.c.walked_to == bindparam("expected"),
    sets=columns(search_indexes, ("tenant_id", "number")),
)
_DROP = delete_mine(search_indexes, _this)

_theirs = (search_tokens.c.customer_id == bindparam("of"), search_tokens.c.number == bindparam("numbered"))
_ADD_TOKEN = insert_new_mine(search_tokens)
_FIRST_TOKEN = insert_mine(search_tokens)
_MOVE_TOKEN = update_mine(search_tokens, *_theirs, search_tokens.c.token != bindparam("held"), sets=("token",))
_DROP_TOKEN = delete_mine(search_tokens, *_theirs)
_TOKENS = mine(
    select(search_tokens.c.customer_id)
    .where(search_tokens.c.number == bindparam("numbered"), search_tokens.c.customer_id > bindparam("after"))
    .order_by(search_tokens.c.customer_id)
    .limit(bindparam("at_most")),
    search_tokens,
)
_by_token = mine(
    select(customers, search_tokens.c.token)
    .join(
        customers,
        (customers.c.tenant_id == search_tokens.c.tenant_id) & (customers.c.id == search_tokens.c.customer_id),
    )
    .where(
        search_tokens.c.number == bindparam("numbered"),
        tuple_(search_tokens.c.token, search_tokens.c.customer_id) > tuple_(bindparam("start"), bindparam("after")),
        search_tokens.c.token <= bindparam("end"),
    )
    .order_by(search_tokens.c.token, search_tokens.c.customer_id)
    .limit(bindparam("at_most")),
    search_tokens,
)
_named = func.limen_found(
    bindparam(TENANT, type_=Text),
    bindparam("numbered", type_=SmallInteger),
    bindparam("start", type_=LargeBinary),
    bindparam("after", type_=Text),
    bindparam("end", type_=LargeBinary),
    bindparam("at_most", type_=Integer),
).table_valued(*(column(one.name, one.type) for one in (*customers.c, search_tokens.c.token)))
_FOUND = TenantByKind(_by_token.core, postgres=select(_named))
"""PostgreSQL has a function for it, which reads the index of tokens and not their rows."""
_COUNT = mine(select(func.count()).select_from(customers), customers)
_PAGE = mine(
    select(customers.c.id, customers.c.version)
    .where(customers.c.id > bindparam("after"), customers.c.id <= bindparam("until"))
    .order_by(customers.c.id)
    .with_for_update(),
    customers,
)


class SqlSearch(TenantStoreBase):
    """Implements :class:`limen.identity.search.store.SearchStore`."""

    async def indexes(self) -> Sequence[SearchIndex]:
        """Return every index, by number."""
        return [_index(row) for row in await self._all(_EVERY)]

    async def begin_index(self, index: SearchIndex) -> bool:
        """Store a new index; False if its number is taken."""
        return await self._applied(_ADD, _values(index))

    async def change_index(self, index: SearchIndex, *, walked_to: str) -> bool:
        """Replace an index that has been walked to *walked_to*; False where somebody else went on meanwhile."""
        values = _values(index)
        return await self._applied(_CHANGE, values, of=values.pop("number"), expected=walked_to)

    async def drop_index(self, number: int) -> None:
        """Forget an index that is empty."""
        await self._run(_DROP, of=number)

    async def customers(self) -> int:
        """Return how many customers there are."""
        return int((await self._one(_COUNT))[0])

    async def versions(self, *, after: str, until: str) -> Mapping[CustomerId, int]:
        """Return the versions of the customers behind *after*, up to *until*; nobody changes them before the commit."""
        return {CustomerId(row.id): row.version for row in await self._all(_PAGE, after=after, until=until)}

    async def fill(self, number: int, tokens: Mapping[CustomerId, bytes]) -> None:
        """Add tokens to an index for customers that it holds none of."""
        for customer_id, token in tokens.items():
            await self._run(_ADD_TOKEN, number=number, customer_id=customer_id, token=token)

    async def empty(self, number: int, *, after: str, limit: int) -> str:
        """Delete up to *limit* tokens of an index behind customer *after*; return the last one's, empty at the end."""
        found = [row.customer_id for row in await self._all(_TOKENS, numbered=number, after=after, at_most=limit)]
        for customer_id in found:
            await self._run(_DROP_TOKEN, of=customer_id, numbered=number)
        return found[-1] if len(found) == limit else ""

    async def write(self, customer: SealedCustomer, *, is_new: bool) -> None:
        """Write what is searchable of a customer, in the commit that changes it, to every index that is kept up."""
        if customer.searchable is None:
            return
        for index in await self.indexes():
            token = customer.searchable.token(index) if index.state is not IndexState.REMOVING else None
            theirs = {"of": customer.id, "numbered": index.number}
            if token is None and not is_new:
                await self._run(_DROP_TOKEN, theirs)
            elif token is not None and is_new:
                await self._run(_FIRST_TOKEN, number=index.number, customer_id=customer.id, token=token)
            elif token is not None and not await self._applied(
                _ADD_TOKEN, number=index.number, customer_id=customer.id, token=token
            ):
                await self._run(_MOVE_TOKEN, theirs, held=token, token=token)

    async def write_new(self, customers: Sequence[SealedCustomer]) -> None:
        """Write what is searchable of many customers that no index holds yet, in the commit that makes them."""
        for index in await self.indexes():
            if index.state is IndexState.REMOVING:
                continue
            tokens = ((one.id, one.searchable.token(index)) for one in customers if one.searchable is not None)
            rows = [
                {TENANT: self._tenant_id, "number": index.number, "customer_id": customer_id, "token": token}
                for customer_id, token in tokens
                if token is not None
            ]
            if rows:
                await self._connection.insert_rows(_FIRST_TOKEN, rows)

    async def found(self, span: Span, limit: int) -> Sequence[tuple[bytes, Row[Any]]]:
        """Return up to *limit* rows of customers in *span*, each with its token, in the span's order."""
        bounds = {"start": span.start, "after": span.customer, "end": span.end}
        rows = await self._all(_FOUND, numbered=span.number, at_most=limit, **bounds)
        return [(row.token, row) for row in rows]


def _index(row: Row[Any]) -> SearchIndex:
    return SearchIndex(
        number=row.number,
        field=row.field,
        match=Match(row.kind),
        key_version=row.key_version,
        normalisation=row.normalisation,
        state=IndexState(row.state),
        since=row.since,
        customers=row.customers,
        walked=row.walked,
        walked_to=row.walked_to,
    )


def _values(index: SearchIndex) -> dict[str, Any]:
    values = {name: getattr(index, name) for name in SearchIndex.__slots__}
    return values | {"kind": values.pop("match").value, "state": index.state.value}
