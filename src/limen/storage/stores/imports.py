"""Imports, their refused rows, and customers by the hundred."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, tuple_

from limen.access.imports.records import Batch, Import, ImportState, Refused
from limen.identity.customers.records import ContactIndex
from limen.kernel.ids import CustomerId, ImportId
from limen.storage.schema.credentials import factors, passwords
from limen.storage.schema.customers import contact_index, customers
from limen.storage.schema.imports import import_refusals, imports
from limen.storage.statements import InsertNew, Statement
from limen.storage.stores.base import TENANT, TenantStoreBase, columns, insert_mine, mine, select_mine, update_mine
from limen.storage.stores.customers import ADDED, contact_values, customer_values
from limen.storage.stores.factors import factor_values
from limen.storage.stores.search import SqlSearch

_GET = select_mine(imports, imports.c.id == bindparam("of"))
_LIST = mine(
    select(imports).where(imports.c.id > bindparam("after")).order_by(imports.c.id).limit(bindparam("at_most")), imports
)
_UNFINISHED = mine(
    select(imports)
    .where(imports.c.digest == bindparam("of"), imports.c.state == ImportState.RUNNING.value)
    .order_by(imports.c.id.desc())
    .limit(1),
    imports,
)
_BEGIN = insert_mine(imports)
_ADVANCE = update_mine(
    imports,
    imports.c.id == bindparam("of"),
    imports.c.position == bindparam("at"),
    imports.c.state == ImportState.RUNNING.value,
    sets=("state", "position", "created", "present", "refused", "left_out", "updated_at", "finished_at"),
)
_place = tuple_(import_refusals.c.row, import_refusals.c.field)
_REFUSALS = mine(
    select(import_refusals)
    .where(
        import_refusals.c.import_id == bindparam("of"),
        _place > tuple_(bindparam("after_row"), bindparam("after_field")),
    )
    .order_by(*_place.clauses)
    .limit(bindparam("at_most")),
    import_refusals,
)
_REFUSE = Statement(insert(import_refusals), sets=columns(import_refusals))
_CUSTOMERS = Statement(insert(customers), sets=ADDED)
_CONTACTS = InsertNew(contact_index, sets=columns(contact_index))
_PASSWORDS = Statement(insert(passwords), sets=columns(passwords, ("told_at",)))
_FACTORS = Statement(insert(factors), sets=columns(factors))
_PASSWORD_FIELDS = columns(passwords, (TENANT, "told_at"))


class SqlImports(TenantStoreBase):
    """Implements :class:`limen.access.imports.store.ImportStore`."""

    async def get(self, import_id: ImportId) -> Import | None:
        """Return the import."""
        return _import(await self._one(_GET, of=import_id))

    async def list(self, *, after: str, limit: int) -> Sequence[Import]:
        """Return up to *limit* imports behind *after*, oldest first."""
        found = (_import(row) for row in await self._all(_LIST, after=after, at_most=limit))
        return [one for one in found if one is not None]

    async def unfinished(self, digest: str) -> Import | None:
        """Return the import of this file that was begun last and is not finished."""
        return _import(await self._one(_UNFINISHED, of=digest))

    async def begin(self, started: Import) -> None:
        """Store a new import."""
        fixed = {name: getattr(started, name) for name in ("id", "digest", "format", "started_at")}
        await self._run(_BEGIN, fixed | _progress(started))

    async def advance(self, after: Import, position: int) -> bool:
        """Store how far an import has come, if it still stands at *position*."""
        return await self._applied(_ADVANCE, _progress(after), of=after.id, at=position)

    async def refuse(self, import_id: ImportId, refused: Sequence[Refused]) -> None:
        """Store refused rows."""
        rows = {(one.row, one.field): one for one in refused}.values()
        named = [{name: getattr(one, name) for name in Refused.__slots__} | {"import_id": import_id} for one in rows]
        await self._many(_REFUSE, named)

    async def refusals(self, import_id: ImportId, *, after: tuple[int, str], limit: int) -> Sequence[Refused]:
        """Return up to *limit* refused rows behind (row, field), in the order of the file."""
        given = {"of": import_id, "after_row": after[0], "after_field": after[1], "at_most": limit}
        return [Refused(row.row, row.line, row.field, row.code) for row in await self._all(_REFUSALS, **given)]

    async def owners(self, kind: str, blinds: Collection[bytes]) -> dict[bytes, CustomerId]:
        """Return whose these blind indexes are, those included that are held."""
        index = contact_index.c
        wanted = self._mine(contact_index, index.kind == kind, self._connection.among(index.blind, list(blinds)))
        found = await self._found(select(index.blind, index.customer_id).where(wanted)) if blinds else []
        return {bytes(row.blind): CustomerId(row.customer_id) for row in found}

    async def bring_in(self, batch: Batch) -> None:
        """Store the customers of *batch* with what hangs on them."""
        await self._many(_CUSTOMERS, [customer_values(customer) for customer in batch.customers])
        await SqlSearch(self._connection, self._tenant_id).write_new(batch.customers)
        passwords = batch.passwords
        await self._many(_PASSWORDS, [{name: getattr(one, name) for name in _PASSWORD_FIELDS} for one in passwords])
        await self._many(_FACTORS, [factor_values(factor) for factor in batch.factors])

    async def make_known(self, batch: Batch) -> Collection[CustomerId]:
        """Store what finds the customers of *batch*; return those whose address was taken, who are gone again."""
        late = set() if await self._add_contacts(batch.contacts) else await self._late(batch)
        if late:  # what hangs on them goes with them
            gone = self._mine(customers, customers.c.id.in_(list(late)))
            await self._connection.execute(delete(customers).where(gone))
        return late

    async def _add_contacts(self, contacts: Sequence[ContactIndex]) -> bool:
        """Store *contacts*, those of a kind together, since they have most in common; tell whether all went in."""
        kinds: dict[str, list[dict[str, Any]]] = {}
        for contact in contacts:
            kinds.setdefault(contact.kind, []).append(contact_values(contact))
        return sum([await self._many(_CONTACTS, rows) or 0 for rows in kinds.values()]) == len(contacts)

    async def _late(self, batch: Batch) -> set[CustomerId]:
        """Return whose contacts are somebody else's. SQLite does not tell how many of many rows went in."""
        late: set[CustomerId] = set()
        for kind in {contact.kind for contact in batch.contacts}:
            mine_of_kind = {contact.blind: contact.customer_id for contact in batch.contacts if contact.kind == kind}
            owners = await self.owners(kind, mine_of_kind)
            late |= {wanted for blind, wanted in mine_of_kind.items() if owners.get(blind) != wanted}
        return late

    async def _many(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> int | None:
        if not rows:
            return 0
        for row in rows:  # each made for this, and read here alone
            row[TENANT] = self._tenant_id
        return await self._connection.insert_rows(statement, rows)


def _progress(one: Import) -> dict[str, Any]:
    counted = ("position", "created", "present", "refused", "updated_at", "finished_at")
    named: dict[str, Any] = {name: getattr(one, name) for name in counted}
    return named | {"state": one.state.value, "left_out": json.dumps(dict(one.left_out), sort_keys=True)}


def _import(row: Any) -> Import | None:
    if row is None:
        return None
    return Import(
        id=ImportId(row.id),
        digest=row.digest,
        format=row.format,
        started_at=row.started_at,
        updated_at=row.updated_at,
        state=ImportState(row.state),
        position=row.position,
        created=row.created,
        present=row.present,
        refused=row.refused,
        left_out=json.loads(row.left_out),
        finished_at=row.finished_at,
    )
