"""Customers and their contact index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, select, text, tuple_

from limen.identity.credentials.records import StoredPassword
from limen.identity.customers.records import HOLD, ContactIndex, CustomerState, Filter, SealedCustomer
from limen.identity.search.records import Span
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.credentials import passwords
from limen.storage.schema.customers import contact_index, customers
from limen.storage.schema.rights import processing_limits
from limen.storage.stores.base import (
    TenantStoreBase,
    columns,
    delete_mine,
    insert_mine,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
    update_mine,
)
from limen.storage.stores.search import SqlSearch

_GET = select_mine(customers, customers.c.id == bindparam("of"))
_owner = (
    select(contact_index.c.customer_id)
    .where(
        of_tenant(contact_index),
        contact_index.c.kind == bindparam("kind"),
        contact_index.c.blind == bindparam("blind"),
        contact_index.c.held_until.is_(None),
    )
    .scalar_subquery()
)
_CONTACT = mine(
    select(contact_index.c.customer_id).where(
        contact_index.c.kind == bindparam("kind"), contact_index.c.blind == bindparam("blind")
    ),
    contact_index,
)
_FIND_BY_CONTACT = select_mine(customers, customers.c.id == _owner)
_PASSWORD = ("sealed", "set_at", "failures", "known_failures", "disabled_at", "label")
_FIND_WITH_PASSWORD = mine(
    select(customers, *(passwords.c[name].label(f"password_{name}") for name in _PASSWORD))
    .select_from(
        customers.outerjoin(
            passwords,
            and_(passwords.c.tenant_id == customers.c.tenant_id, passwords.c.customer_id == customers.c.id),
        )
    )
    .where(customers.c.id == _owner),
    customers,
)
_FIND_BY_SUBJECT = select_mine(customers, customers.c.subject == bindparam("subject"))
_LIST = mine(
    select(customers).where(customers.c.id > bindparam("after")).order_by(customers.c.id).limit(bindparam("at_most")),
    customers,
)
_IS_BARRED = customers.c.state != text("'active'")
_SEEN = "seen_on"
ADDED = columns(customers, (_SEEN,))
"""What of a customer is written when it is added: nobody has signed in."""
_ADD = insert_mine(customers, but=(_SEEN,))
_UPDATE = update_mine(
    customers,
    customers.c.id == bindparam("of"),
    customers.c.version == bindparam("expected"),
    sets=columns(customers, ("tenant_id", "id", _SEEN)),
)
_NOTE_SEEN = update_mine(customers, customers.c.id == bindparam("of"), sets=(_SEEN,))
_held = (
    select(processing_limits.c.customer_id)
    .where(
        of_tenant(processing_limits),
        processing_limits.c.customer_id == customers.c.id,
        processing_limits.c.kind == HOLD,
    )
    .exists()
)
_DELETE = delete_mine(customers, customers.c.id == bindparam("of"), ~_held)
_ADD_CONTACT = insert_new_mine(contact_index)
_theirs = (contact_index.c.customer_id == bindparam("customer"), contact_index.c.kind == bindparam("of_kind"))
_RENEW_CONTACT = update_mine(
    contact_index,
    *_theirs,
    contact_index.c.blind == bindparam("held"),
    sets=("index_version", "normalisation", "verified_at", "held_until"),
)
_left = (*_theirs, contact_index.c.blind == bindparam("left"), contact_index.c.held_until.is_(None))
_DROP_CONTACT = delete_mine(contact_index, *_left)
_HOLD_CONTACT = update_mine(contact_index, *_left, sets=("held_until",))
STATES = {state.value: state for state in CustomerState}


class SqlCustomers(TenantStoreBase):
    """Implements :class:`limen.identity.customers.store.CustomerStore`."""

    async def get(self, customer_id: CustomerId) -> SealedCustomer | None:
        """Return the customer."""
        row = await self._one(_GET, of=customer_id)
        return None if row is None else existing(row)

    async def find_with_password(self, kind: str, blind: bytes) -> tuple[SealedCustomer | None, StoredPassword | None]:
        """Return the customer whom a contact names, and their password."""
        row = await self._one(_FIND_WITH_PASSWORD, kind=kind, blind=blind)
        if row is None:
            return None, None
        customer = existing(row)
        if row.password_sealed is None:
            return customer, None
        return customer, StoredPassword(
            customer_id=customer.id,
            sealed=row.password_sealed,
            set_at=row.password_set_at,
            failures=row.password_failures,
            known_failures=row.password_known_failures,
            disabled_at=row.password_disabled_at,
            label=row.password_label,
        )

    async def find_by_contact(self, kind: str, blind: bytes) -> SealedCustomer | None:
        """Return the customer whose address has this blind index."""
        return _customer(await self._one(_FIND_BY_CONTACT, kind=kind, blind=blind))

    async def is_taken(self, kind: str, blind: bytes, *, but: CustomerId | None = None) -> bool:
        """Tell whether somebody *but* this customer has the address, or holds it."""
        row = await self._one(_CONTACT, kind=kind, blind=blind)
        return row is not None and row.customer_id != but

    async def find_by_subject(self, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        return _customer(await self._one(_FIND_BY_SUBJECT, subject=subject))

    async def list(self, *, after: str, limit: int) -> list[SealedCustomer]:
        """Return up to *limit* customers behind *after*."""
        return [existing(row) for row in await self._all(_LIST, after=after, at_most=limit)]

    async def filtered(self, wanted: Filter, *, after: tuple[Instant, str], limit: int) -> Sequence[SealedCustomer]:
        """Return up to *limit* customers that meet *wanted*, by creation, behind the instant and identifier *after*."""
        conditions = [
            tuple_(customers.c.created_at, customers.c.id) > tuple_(*after),
            customers.c.created_at >= wanted.created_from,
            customers.c.created_at < wanted.created_before,
        ]
        if wanted.state is not None:
            conditions.append(customers.c.state == wanted.state.value)
        if wanted.state is not None and wanted.state is not CustomerState.ACTIVE:
            conditions.append(_IS_BARRED)  # in the words of the small index that holds no others
        found = self._select(customers, *conditions).order_by(customers.c.created_at, customers.c.id).limit(limit)
        return [existing(row) for row in await self._found(found)]

    async def found(self, span: Span, limit: int) -> Sequence[tuple[bytes, SealedCustomer]]:
        """Return up to *limit* customers in *span* of a search index, each with its token, in the span's order."""
        return [(token, existing(row)) for token, row in await self._search().found(span, limit)]

    async def add(self, customer: SealedCustomer, contact: ContactIndex) -> bool:
        """Store a customer with a proven address; False if the address is taken."""
        await self._run(_ADD, customer_values(customer))
        if await self._applied(_ADD_CONTACT, contact_values(contact)):
            await self._search().write(customer, is_new=True)
            return True
        await self._run(_DELETE, of=customer.id)
        return False

    async def update(self, customer: SealedCustomer, expected_version: int) -> bool:
        """Replace the customer if the stored version is still *expected_version*."""
        values = customer_values(customer)
        if not await self._applied(_UPDATE, values, of=values.pop("id"), expected=expected_version):
            return False
        await self._search().write(customer, is_new=False)
        return True

    async def seen(self, customer_id: CustomerId, day: int) -> None:
        """Note the day of a sign-in; of the customer nothing else changes."""
        await self._run(_NOTE_SEEN, of=customer_id, seen_on=day)

    async def claim(self, contact: ContactIndex) -> bool:
        """Make *contact* the customer's, be it one that they held; False if another customer has it, or holds it."""
        values = contact_values(contact)
        if await self._applied(_ADD_CONTACT, values):
            return True
        changed = {name: values[name] for name in ("index_version", "normalisation", "verified_at", "held_until")}
        return await self._applied(
            _RENEW_CONTACT, changed, customer=contact.customer_id, of_kind=contact.kind, held=contact.blind
        )

    async def leave(self, contact: ContactIndex, *, held_until: Instant | None = None) -> None:
        """Let the customer's *contact* find nobody: it is held for them until then, or is anybody's at once."""
        theirs = {"customer": contact.customer_id, "of_kind": contact.kind, "left": contact.blind}
        if held_until is None:
            await self._run(_DROP_CONTACT, theirs)
        else:
            await self._run(_HOLD_CONTACT, theirs, held_until=held_until)

    async def delete(self, customer_id: CustomerId) -> bool:
        """Delete the customer; foreign keys take the rest. Under a legal hold nothing is deleted."""
        return await self._applied(_DELETE, of=customer_id)

    def _search(self) -> SqlSearch:
        return SqlSearch(self._connection, self._tenant_id)


def existing(row: Row[Any]) -> SealedCustomer:
    """Return the customer of a row that has their columns."""
    return SealedCustomer(
        id=CustomerId(row.id),
        subject=row.subject,
        sealed_profile=row.sealed_profile,
        created_at=row.created_at,
        updated_at=row.updated_at,
        state=STATES[row.state],
        valid_after=row.valid_after,
        version=row.version,
        proof_after=row.proof_after,
        seen_on=row.seen_on,
    )


def _customer(row: Row[Any] | None) -> SealedCustomer | None:
    return None if row is None else existing(row)


def customer_values(customer: SealedCustomer) -> dict[str, Any]:
    """Return the columns of a customer."""
    return {
        "id": customer.id,
        "subject": customer.subject,
        "sealed_profile": customer.sealed_profile,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
        "state": customer.state.value,
        "valid_after": customer.valid_after,
        "version": customer.version,
        "proof_after": customer.proof_after,
    }


def contact_values(contact: ContactIndex) -> dict[str, Any]:
    """Return the columns of an index row."""
    return {
        "kind": contact.kind,
        "blind": contact.blind,
        "index_version": contact.index_version,
        "normalisation": contact.normalisation,
        "customer_id": contact.customer_id,
        "verified_at": contact.verified_at,
        "held_until": contact.held_until,
    }
