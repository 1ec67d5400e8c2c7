"""Customers, their contact index, passwords and administrators' roles."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, text, tuple_, update

from limen.identity.credentials.records import StoredPassword
from limen.identity.customers.records import HOLD, ContactIndex, CustomerState, Filter, SealedCustomer
from limen.identity.search.records import Span
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.credentials import password_history, passwords
from limen.storage.schema.customers import contact_index, customers
from limen.storage.schema.rights import processing_limits
from limen.storage.schema.tenants import administrators
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
_FIND_BY_SUBJECT = select_mine(customers, customers.c.subject == bindparam("subject"))
_LIST = mine(
    select(customers).where(customers.c.id > bindparam("after")).order_by(customers.c.id).limit(bindparam("at_most")),
    customers,
)
_IS_BARRED = customers.c.state != text("'active'")
_ADD = insert_mine(customers)
_UPDATE = update_mine(
    customers,
    customers.c.id == bindparam("of"),
    customers.c.version == bindparam("expected"),
    sets=columns(customers, ("tenant_id", "id")),
)
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

_of_customer = passwords.c.customer_id == bindparam("of")
_PASSWORD = select_mine(passwords, _of_customer)
_ADD_PASSWORD = insert_new_mine(passwords)
_SET_PASSWORD = update_mine(passwords, _of_customer, sets=("sealed", "set_at", "failures", "disabled_at", "label"))
_REPLACE_HASH = update_mine(passwords, _of_customer, passwords.c.sealed == bindparam("held"), sets=("sealed", "label"))
_LABEL = mine(
    select(passwords.c.label)
    .where(passwords.c.label != "", passwords.c.label > bindparam("after"))
    .order_by(passwords.c.label)
    .limit(1),
    passwords,
)
_COUNT_FAILURE = mine(
    update(passwords).where(_of_customer).values(failures=passwords.c.failures + 1).returning(passwords.c.failures),
    passwords,
)
_CLEAR_FAILURES = update_mine(
    passwords,
    _of_customer,
    or_(passwords.c.failures > 0, passwords.c.disabled_at.is_not(None)),
    sets=("failures", "disabled_at"),
)
_DISABLE = update_mine(passwords, _of_customer, passwords.c.disabled_at.is_(None), sets=("disabled_at",))

_earlier = password_history.c.customer_id == bindparam("of")
_EARLIER = mine(select(password_history).where(_earlier).order_by(password_history.c.set_at.desc()), password_history)
_REMEMBER = insert_new_mine(password_history)
_FORGET_OLDER = delete_mine(password_history, _earlier, password_history.c.set_at < bindparam("oldest"))
_FOREVER = (1 << 63) - 1
_REMOVE_PASSWORD = delete_mine(passwords, _of_customer)

_appointed = administrators.c.customer_id == bindparam("of")
_ROLE = select_mine(administrators, _appointed)
_ANY = mine(select(administrators).limit(1), administrators)
_APPOINT = insert_new_mine(administrators)
_REAPPOINT = update_mine(administrators, _appointed, sets=("role", "created_at"))
_DISMISS = delete_mine(administrators, _appointed)


class SqlCustomers(TenantStoreBase):
    """Implements :class:`limen.identity.customers.store.CustomerStore`."""

    async def get(self, customer_id: CustomerId) -> SealedCustomer | None:
        """Return the customer."""
        return _customer(await self._one(_GET, of=customer_id))

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
        return [_existing(row) for row in await self._all(_LIST, after=after, at_most=limit)]

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
        return [_existing(row) for row in await self._all(found)]

    async def found(self, span: Span, limit: int) -> Sequence[tuple[bytes, SealedCustomer]]:
        """Return up to *limit* customers in *span* of a search index, each with its token, in the span's order."""
        return [(token, _existing(row)) for token, row in await self._search().found(span, limit)]

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


class SqlPasswords(TenantStoreBase):
    """Implements :class:`limen.identity.credentials.store.PasswordStore`."""

    async def get(self, customer_id: CustomerId) -> StoredPassword | None:
        """Return the sealed password of a customer."""
        row = await self._one(_PASSWORD, of=customer_id)
        return None if row is None else _password(row)

    async def put(self, stored: StoredPassword, *, remember: int = 0) -> None:
        """Set a customer's password, whatever was there; *remember* of those before it."""
        await self._remember(stored.customer_id, remember)
        values = {
            "sealed": stored.sealed,
            "set_at": stored.set_at,
            "failures": stored.failures,
            "disabled_at": stored.disabled_at,
            "label": stored.label,
        }
        if not await self._applied(_ADD_PASSWORD, values, customer_id=stored.customer_id):
            await self._run(_SET_PASSWORD, values, of=stored.customer_id)

    async def remove(self, customer_id: CustomerId) -> None:
        """Take the customer's password away, and those before it."""
        await self._run(_REMOVE_PASSWORD, of=customer_id)
        await self._run(_FORGET_OLDER, of=customer_id, oldest=_FOREVER)

    async def earlier(self, customer_id: CustomerId) -> list[StoredPassword]:
        """Return the passwords before the present one that are on record, newest first."""
        rows = await self._all(_EARLIER, of=customer_id)
        return [StoredPassword(customer_id, row.sealed, row.set_at) for row in rows]

    async def _remember(self, customer_id: CustomerId, most: int) -> None:
        before = await self.get(customer_id) if most else None
        if before is not None:
            await self._run(_REMEMBER, customer_id=customer_id, set_at=before.set_at, sealed=before.sealed)
        kept = (await self.earlier(customer_id))[:most] if most else []
        await self._run(_FORGET_OLDER, of=customer_id, oldest=kept[-1].set_at if kept else _FOREVER)

    async def replace_hash(self, customer_id: CustomerId, previous: bytes, sealed: bytes) -> bool:
        """Store the same password under new parameters, if the envelope is still *previous*."""
        return await self._applied(_REPLACE_HASH, of=customer_id, held=previous, sealed=sealed, label="")

    async def labels(self, *, limit: int) -> list[str]:
        """Return up to *limit* different labels of hashes that other systems made: one step in the index each."""
        found: list[str] = []
        while len(found) < limit and (row := await self._one(_LABEL, after=found[-1] if found else "")) is not None:
            found.append(row.label)
        return found

    async def count_failure(self, customer_id: CustomerId) -> int:
        """Add one consecutive failure; return how many there are now (0 without a password)."""
        return (await self._run(_COUNT_FAILURE, of=customer_id)).scalar() or 0

    async def clear_failures(self, customer_id: CustomerId) -> None:
        """Forget the consecutive failures and enable the password: it was right, or another factor spoke."""
        await self._run(_CLEAR_FAILURES, of=customer_id, failures=0, disabled_at=None)

    async def disable(self, customer_id: CustomerId, at: Instant) -> None:
        """Disable the password until another factor speaks."""
        await self._run(_DISABLE, of=customer_id, disabled_at=at)


class SqlAdministrators(TenantStoreBase):
    """Who administers: ``platform`` (all tenants, default tenant only) or ``tenant``."""

    async def role(self, customer_id: CustomerId) -> str | None:
        """Return a customer's role, if any."""
        row = await self._one(_ROLE, of=customer_id)
        return None if row is None else str(row.role)

    async def any(self) -> bool:
        """Tell whether the tenant has an administrator."""
        return await self._one(_ANY) is not None

    async def appoint(self, customer_id: CustomerId, role: str, at: Instant) -> None:
        """Give a customer a role."""
        if not await self._applied(_APPOINT, customer_id=customer_id, role=role, created_at=at):
            await self._run(_REAPPOINT, of=customer_id, role=role, created_at=at)

    async def dismiss(self, customer_id: CustomerId) -> bool:
        """Take a customer's role away."""
        return await self._applied(_DISMISS, of=customer_id)


def _existing(row: Row[Any]) -> SealedCustomer:
    return SealedCustomer(
        id=CustomerId(row.id),
        subject=row.subject,
        sealed_profile=row.sealed_profile,
        created_at=row.created_at,
        updated_at=row.updated_at,
        state=CustomerState(row.state),
        valid_after=row.valid_after,
        version=row.version,
        proof_after=row.proof_after,
    )


def _customer(row: Row[Any] | None) -> SealedCustomer | None:
    return None if row is None else _existing(row)


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


def _password(row: Row[Any]) -> StoredPassword:
    return StoredPassword(
        customer_id=CustomerId(row.customer_id),
        sealed=row.sealed,
        set_at=row.set_at,
        failures=row.failures,
        disabled_at=row.disabled_at,
        label=row.label,
    )
