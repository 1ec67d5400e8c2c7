"""Search indexes follow what the tenant wants: built beside those there are, walked a page at a time, removed at last.

Profiles are written to an index from the commit that begins it. A transaction that began before it may know nothing of
it yet; therefore the walk over the customers that were there begins ``SETTLE`` later, when every such transaction has
ended, and adds a token only where there is none; tokens are removed as late. Stopped anywhere, a walk goes on behind
its last page.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from limen.identity.administrators import SYSTEM, Actor
from limen.identity.customers.directory import Directory, searchable_values
from limen.identity.customers.records import SealedCustomer
from limen.identity.customers.store import CustomerStore
from limen.identity.search.records import IndexState, Match, SearchIndex
from limen.identity.search.store import SearchStore
from limen.identity.search.tokens import NORMALISATION, Searchable
from limen.kernel.clock import MINUTE, Clock
from limen.kernel.errors import Conflict, Invalid, Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import TenantId
from limen.kernel.units import RecordsAudit

SETTLE: Final = MINUTE
"""Longer than any transaction lasts."""
PAGE: Final = 200
_LAST_NUMBER: Final = 32_767
_HOLDING: Final = frozenset({IndexState.BUILDING, IndexState.READY})


class IndexUnit(RecordsAudit, Protocol):
    """A unit of work that reaches customers and search indexes."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def search(self) -> SearchStore:
        """Return the search indexes."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[IndexUnit]]


@dataclass(frozen=True, slots=True)
class Indexing:
    """One tenant's search indexes; ``wanted`` says which fields are to be searchable, and how."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    directory: Directory
    clock: Clock
    wanted: Mapping[str, Match]

    async def all(self) -> Sequence[SearchIndex]:
        """Return every index, by number."""
        async with self.reading(self.tenant_id) as unit:
            return await unit.search.indexes()

    async def rebuild(self, field: str, actor: Actor) -> SearchIndex | Refusal:
        """Begin an index beside the one there is, under the tenant's newest key; that one answers until it is whole."""
        match = self.wanted.get(field)
        if match is None:
            return Invalid("invalid_search", "no index", {"field": "search.not_searchable"})
        version = (await self.directory.vault()).version
        async with self.begin(self.tenant_id) as unit:
            indexes = await unit.search.indexes()
            if any(index.field == field and index.state is IndexState.BUILDING for index in indexes):
                return Conflict("search_index_building", fields={"field": "search.building"})
            return await self._begin(unit, (field, match), version, actor)

    async def follow(self) -> None:
        """Begin the indexes that are wanted and not there; give up those that are there and not wanted."""
        version = (await self.directory.vault()).version
        if not _differences(await self.all(), self.wanted):
            return
        async with self.begin(self.tenant_id) as unit:
            for difference in _differences(await unit.search.indexes(), self.wanted):
                if isinstance(difference, SearchIndex):
                    await self._turn(unit, difference, difference.unwanted(self.clock.now()), "search_index.removed")
                else:
                    await self._begin(unit, difference, version, SYSTEM)

    async def walk(self, pages: int) -> int:
        """Walk at most *pages* pages of customers or tokens; return how many customers are still to be walked."""
        for index in await self.all():
            at: SearchIndex | None = index
            while at is not None and pages > 0:
                at, pages = await self._step(at), pages - 1
                await self.clock.sleep(0)  # others first
        left = (one for one in await self.all() if one.state is IndexState.BUILDING)
        return sum(max(1, index.customers - index.walked) for index in left)

    async def _step(self, index: SearchIndex) -> SearchIndex | None:
        """Go one page on with *index*; None where there is nothing to do, or nothing yet."""
        if index.state is IndexState.READY or self.clock.now() - index.since < SETTLE:
            return None
        return await (self._fill(index) if index.state is IndexState.BUILDING else self._remove(index))

    async def _fill(self, index: SearchIndex) -> SearchIndex | None:
        async with self.reading(self.tenant_id) as unit:
            page = await unit.customers.list(after=index.walked_to, limit=PAGE)
        tokens = {sealed.id: token for sealed in page if (token := await self._token(index, sealed)) is not None}
        seen = {sealed.id: sealed.version for sealed in page}
        after = index.walked_on(page[-1].id if page else index.walked_to, len(page))
        if len(page) < PAGE:
            after = after.complete(self.clock.now())
        async with self.begin(self.tenant_id) as unit:
            if not await unit.search.change_index(after, walked_to=index.walked_to):
                return None  # somebody else walks
            now = await unit.search.versions(after=index.walked_to, until=after.walked_to)
            # whoever changed since it was read has been written, by that change
            await unit.search.fill(index.number, {who: t for who, t in tokens.items() if now.get(who) == seen[who]})
            if after.state is IndexState.READY:
                _tell(unit, "search_index.completed", after, SYSTEM)
                for other in await unit.search.indexes():
                    if other.field == after.field and other.number != after.number and other.state in _HOLDING:
                        await self._turn(unit, other, other.unwanted(self.clock.now()), "search_index.removed")
        return after if after.state is IndexState.BUILDING else None

    async def _token(self, index: SearchIndex, sealed: SealedCustomer) -> bytes | None:
        customer = await self.directory.open(sealed)
        if customer is None:
            return None
        return Searchable(await self.directory.vault(), partial(searchable_values, customer.profile)).token(index)

    async def _remove(self, index: SearchIndex) -> SearchIndex | None:
        async with self.begin(self.tenant_id) as unit:
            last = await unit.search.empty(index.number, after=index.walked_to, limit=PAGE)
            if not last:
                await unit.search.drop_index(index.number)
                return None
            after = index.walked_on(last, 0)
            return after if await unit.search.change_index(after, walked_to=index.walked_to) else None

    async def _begin(
        self, unit: IndexUnit, wanted: tuple[str, Match], key_version: int, actor: Actor
    ) -> SearchIndex | Conflict:
        taken = {index.number for index in await unit.search.indexes()}
        number = next(number for number in range(1, _LAST_NUMBER) if number not in taken)
        index = SearchIndex(
            number=number,
            field=wanted[0],
            match=wanted[1],
            key_version=key_version,
            normalisation=NORMALISATION,
            state=IndexState.BUILDING,
            since=self.clock.now(),
            customers=await unit.search.customers(),
        )
        if not await unit.search.begin_index(index):
            return Conflict("search_index_building")
        _tell(unit, "search_index.begun", index, actor)
        return index

    async def _turn(self, unit: IndexUnit, before: SearchIndex, after: SearchIndex, event: str) -> None:
        if await unit.search.change_index(after, walked_to=before.walked_to):
            _tell(unit, event, after, SYSTEM)


def _differences(
    indexes: Sequence[SearchIndex], wanted: Mapping[str, Match]
) -> "list[SearchIndex | tuple[str, Match]]":  # fmt: skip
    """Return the indexes to give up and those to begin: one that answers is kept until its successor is whole."""
    held = [index for index in indexes if index.state in _HOLDING]
    able = {(index.field, index.match) for index in held if index.normalisation == NORMALISATION}
    gone = [
        index
        for index in held
        if index.field not in wanted or (index.state is IndexState.BUILDING and index.match is not wanted[index.field])
    ]
    return [*gone, *(one for one in wanted.items() if one not in able)]


def _tell(unit: IndexUnit, event: str, index: SearchIndex, actor: Actor) -> None:
    data = {"field": index.field, "match": index.match.value, "number": index.number, "key_version": index.key_version}
    unit.record(AuditEntry(event, actor=actor.name, request_id=actor.request_id, data=data))
