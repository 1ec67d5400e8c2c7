"""Finding customers: by a word that is sealed, by what is open to see, or by both, a page at a time.

What a search asks for is personal: it stands in no log, no audit record and no link. The link to the next page carries
it sealed, together with the place to go on from, so that a cursor stays good whatever is made or erased meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import msgspec

from limen.identity.administrators import Actor
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.directory import Directory, searchable_values
from limen.identity.customers.identifiers import EMAIL, NUMBER, USERNAME
from limen.identity.customers.phones import parse_phone
from limen.identity.customers.records import Customer, Filter, SealedCustomer
from limen.identity.customers.store import CustomerStore
from limen.identity.customers.usernames import parse_username
from limen.identity.search.records import IndexState, Match, SearchIndex, Span
from limen.identity.search.store import SearchStore
from limen.identity.search.tokens import LONGEST, SHORTEST, folded, is_found, span_of
from limen.kernel.clock import Instant
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.errors import Conflict, Corrupted, Invalid, Refusal
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import TenantId
from limen.kernel.units import RecordsAudit

_MORE: Final = (200,) * 5
"""Customers that one page looks at beyond itself, by the read: a query that few of them meet answers with what it has,
and goes on behind.
"""
_CURSOR: Final = "customers.cursor"
_BAD_CURSOR: Final = Invalid("invalid_cursor")


class Searched(msgspec.Struct, frozen=True):
    """A word that is asked for in one field."""

    field: str
    text: str
    match: Match = Match.EXACT


class Asked(msgspec.Struct, frozen=True):
    """What customers are asked for, and where the last page ended.

    Attributes:
        after: an instant and an identifier; a token and an identifier where a word is asked for.
    """

    word: Searched | None = None
    wanted: Filter = Filter()
    number: int = 0
    token: bytes = b""
    at: Instant = 0
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Customers that were found, and the cursor of the next page, or an empty one at the end."""

    customers: Sequence[Customer] = field(repr=False)
    cursor: str


class FindUnit(RecordsAudit, Protocol):
    """A unit of work that finds customers."""

    @property
    def customers(self) -> CustomerStore:
        """Return the tenant's customers."""
        ...

    @property
    def search(self) -> SearchStore:
        """Return the search indexes."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[FindUnit]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One tenant's customers, as somebody looks for them."""

    tenant_id: TenantId
    begin: Begin
    reading: Begin
    directory: Directory

    async def find(self, asked: Asked, actor: Actor, limit: int) -> Page | Refusal:
        """Return up to *limit* customers.

        Returns:
            ``Invalid("invalid_search")`` where the word is too short or too long, or its field has no such index;
            ``Conflict("search_index_building")`` where the index does not hold everybody yet.
        """
        if asked.word is None:
            return await self._open(asked, limit)
        page = await self._by_word(asked, asked.word, limit)
        async with self.begin(self.tenant_id) as unit:  # whoever looks into sealed words is on record
            unit.record(_entry(asked, asked.word, actor, page))
        return page

    async def resume(self, cursor: str) -> Asked | Invalid:
        """Return what the page before asked for, and where it ended."""
        try:
            plain = (await self.directory.vault()).unseal(_CURSOR, "", from_b64url(cursor))
            return msgspec.json.decode(plain, type=Asked)
        except (Corrupted, ValueError):
            return _BAD_CURSOR

    async def _cursor(self, asked: Asked) -> str:
        return b64url((await self.directory.vault()).seal(_CURSOR, "", msgspec.json.encode(asked)))

    async def _open(self, asked: Asked, limit: int) -> Page:
        async with self.reading(self.tenant_id) as unit:
            after = (asked.at, asked.after)
            found = await unit.customers.filtered(asked.wanted, after=after, limit=limit + 1)
        cursor = ""
        if len(found) > limit:
            last = found[limit - 1]
            cursor = await self._cursor(msgspec.structs.replace(asked, at=last.created_at, after=str(last.id)))
        opened = [await self.directory.open(sealed) for sealed in found[:limit]]
        return Page([customer for customer in opened if customer is not None], cursor)

    async def _by_word(self, asked: Asked, word: Searched, limit: int) -> Page | Refusal:
        if word.field in _NAMES and word.match is Match.EXACT:
            return await self._by_name(asked, word)
        text = folded(word.text)
        if not text or len(word.text) > LONGEST:
            return Invalid("invalid_search", "empty or too long", {"value": "search.value"})
        if word.match is Match.PREFIX and len(text) < SHORTEST:
            return Invalid("invalid_search", "too short", {"value": "search.too_short"})
        async with self.reading(self.tenant_id) as unit:
            index = _chosen(await unit.search.indexes(), word)
        if isinstance(index, Refusal):
            return index
        span = span_of(await self.directory.vault(), index, text, word.match)
        if asked.number == index.number:  # else the index was built anew since: from its beginning
            span = replace(span, start=asked.token, customer=asked.after)
        return await self._walk(asked, msgspec.structs.replace(word, text=text), span, limit)

    async def _walk(self, asked: Asked, word: Searched, span: Span, limit: int) -> Page:
        """Go through *span* until the page is full, nobody is left, or enough were looked at."""
        hits: list[Customer] = []
        for batch in (limit + 1, *_MORE):  # one more than wanted tells whether there is another page
            async with self.reading(self.tenant_id) as unit:
                found = await unit.customers.found(span, batch)
            for token, sealed in found:
                customer = await self._hit(asked.wanted, word, sealed)
                if customer is not None and len(hits) == limit:
                    return Page(hits, await self._cursor(_behind(asked, span)))
                hits += [customer] if customer is not None else []
                span = replace(span, start=token, customer=sealed.id)
            if len(found) < batch:
                return Page(hits, "")
        return Page(hits, await self._cursor(_behind(asked, span)))

    async def _hit(self, wanted: Filter, word: Searched, sealed: SealedCustomer) -> Customer | None:
        customer = await self.directory.open(sealed) if wanted.passes(sealed) else None
        if customer is None:
            return None
        value = searchable_values(customer.profile).get(word.field, "")
        return customer if is_found(value, word.text, word.match) else None

    async def _by_name(self, asked: Asked, word: Searched) -> Page | Refusal:
        """Look up by what names a customer, which needs no index that was built for the search."""
        kind, parse = _NAMES[word.field]
        name = parse(word.text)
        if isinstance(name, Refusal):
            return Invalid("invalid_search", name.detail, {"value": next(iter(name.fields.values()))})
        blind = (await self.directory.vault()).blind(kind, name)
        async with self.reading(self.tenant_id) as unit:
            found = await unit.customers.find_by_contact(kind, blind)
        customer = await self.directory.open(found) if found is not None and asked.wanted.passes(found) else None
        return Page([customer] if customer is not None else [], "")


def _number(text: str) -> str | Invalid:
    number = parse_phone(text, "")
    return number if isinstance(number, Refusal) else number.e164


_NAMES: Final[Mapping[str, tuple[str, Callable[[str], str | Invalid]]]] = {
    "email": (EMAIL, parse_email),
    "username": (USERNAME, parse_username),
    "phone_number": (NUMBER, _number),
}
"""Fields whose whole value any name of a customer answers: the kind of look-up, and how the value is read."""


def _chosen(indexes: Sequence[SearchIndex], word: Searched) -> SearchIndex | Refusal:
    """Return the index that answers: one for prefixes also knows whole values."""
    able = [index for index in indexes if index.field == word.field and index.match in {word.match, Match.PREFIX}]
    ready = [index for index in able if index.state is IndexState.READY]
    if ready:
        return ready[-1]
    if any(index.state is IndexState.BUILDING for index in able):
        return Conflict("search_index_building", fields={"field": "search.building"})
    return Invalid("invalid_search", "no index", {"field": "search.not_searchable"})


def _behind(asked: Asked, span: Span) -> Asked:
    return msgspec.structs.replace(asked, number=span.number, token=span.start, after=str(span.customer))


def _entry(asked: Asked, word: Searched, actor: Actor, page: Page | Refusal) -> AuditEntry:
    """Return what is on record of a search: everything but what was asked for."""
    return AuditEntry(
        "customers.searched",
        outcome=Outcome.REFUSED if isinstance(page, Refusal) else Outcome.SUCCESS,
        actor=actor.name,
        reason=page.code if isinstance(page, Refusal) else "",
        request_id=actor.request_id,
        data={
            "field": word.field,
            "match": word.match.value,
            "filtered": not asked.wanted.is_open,
            "found": 0 if isinstance(page, Refusal) else len(page.customers),
        },
    )
