"""Customers, their contact index, passwords and administrators' roles."""

from typing import Any

from sqlalchemy import Row, or_, select

from limen.identity.credentials.records import StoredPassword
from limen.identity.customers.records import ContactIndex, CustomerState, SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema import administrators, contact_index, customers, passwords
from limen.storage.stores.base import TenantStoreBase


class SqlCustomers(TenantStoreBase):
    """Implements :class:`limen.identity.customers.store.CustomerStore`."""

    async def get(self, customer_id: CustomerId) -> SealedCustomer | None:
        """Return the customer."""
        return _customer(await self._one(self._select(customers, customers.c.id == customer_id)))

    async def find_by_contact(self, kind: str, blind: bytes) -> SealedCustomer | None:
        """Return the customer whose address has this blind index."""
        owner = (
            select(contact_index.c.customer_id)
            .where(self._mine(contact_index, contact_index.c.kind == kind, contact_index.c.blind == blind))
            .scalar_subquery()
        )
        return _customer(await self._one(self._select(customers, customers.c.id == owner)))

    async def find_by_subject(self, subject: str) -> SealedCustomer | None:
        """Return the customer whose public ``sub`` this is."""
        return _customer(await self._one(self._select(customers, customers.c.subject == subject)))

    async def list(self, *, after: str, limit: int) -> list[SealedCustomer]:
        """Return up to *limit* customers behind *after*."""
        statement = self._select(customers, customers.c.id > after).order_by(customers.c.id).limit(limit)
        return [_existing(row) for row in await self._all(statement)]

    async def add(self, customer: SealedCustomer, contact: ContactIndex) -> bool:
        """Store a customer with a proven address; False if the address is taken."""
        await self._insert(customers, _values(customer))
        if await self._insert_new(contact_index, _contact_values(contact)):
            return True
        await self._connection.execute(self._delete(customers, customers.c.id == customer.id))
        return False

    async def update(self, customer: SealedCustomer, expected_version: int) -> bool:
        """Replace the customer if the stored version is still *expected_version*."""
        condition = (customers.c.id == customer.id, customers.c.version == expected_version)
        return await self._applied(self._update(customers, *condition).values(**_values(customer)))

    async def move_contact(self, contact: ContactIndex) -> bool:
        """Make *contact* the customer's only address of its kind; False if another customer has it."""
        mine = (contact_index.c.customer_id == contact.customer_id, contact_index.c.kind == contact.kind)
        values = _contact_values(contact)
        if not await self._insert_new(contact_index, values):  # before anything is deleted: a race may be lost here
            again = self._update(contact_index, *mine, contact_index.c.blind == contact.blind).values(**values)
            if not await self._applied(again):
                return False
        await self._connection.execute(self._delete(contact_index, *mine, contact_index.c.blind != contact.blind))
        return True

    async def delete(self, customer_id: CustomerId) -> bool:
        """Delete the customer; foreign keys take the rest."""
        return await self._applied(self._delete(customers, customers.c.id == customer_id))


class SqlPasswords(TenantStoreBase):
    """Implements :class:`limen.identity.credentials.store.PasswordStore`."""

    async def get(self, customer_id: CustomerId) -> StoredPassword | None:
        """Return the sealed password of a customer."""
        row = await self._one(self._select(passwords, passwords.c.customer_id == customer_id))
        return None if row is None else _password(row)

    async def put(self, stored: StoredPassword) -> None:
        """Set a customer's password, whatever was there."""
        values = {
            "sealed": stored.sealed,
            "set_at": stored.set_at,
            "failures": stored.failures,
            "disabled_at": stored.disabled_at,
        }
        await self._put(passwords, {"customer_id": stored.customer_id}, values)

    async def replace_hash(self, customer_id: CustomerId, previous: bytes, sealed: bytes) -> bool:
        """Store the same password under new parameters, if the envelope is still *previous*."""
        mine = (passwords.c.customer_id == customer_id, passwords.c.sealed == previous)
        return await self._applied(self._update(passwords, *mine).values(sealed=sealed))

    async def count_failure(self, customer_id: CustomerId) -> int:
        """Add one consecutive failure; return how many there are now (0 without a password)."""
        statement = (
            self._update(passwords, passwords.c.customer_id == customer_id)
            .values(failures=passwords.c.failures + 1)
            .returning(passwords.c.failures)
        )
        return (await self._connection.execute(statement)).scalar() or 0

    async def clear_failures(self, customer_id: CustomerId) -> None:
        """Forget the consecutive failures and enable the password: it was right, or another factor spoke."""
        marked = or_(passwords.c.failures > 0, passwords.c.disabled_at.is_not(None))
        statement = self._update(passwords, passwords.c.customer_id == customer_id, marked)
        await self._connection.execute(statement.values(failures=0, disabled_at=None))

    async def disable(self, customer_id: CustomerId, at: Instant) -> None:
        """Disable the password until another factor speaks."""
        mine = (passwords.c.customer_id == customer_id, passwords.c.disabled_at.is_(None))
        await self._connection.execute(self._update(passwords, *mine).values(disabled_at=at))


class SqlAdministrators(TenantStoreBase):
    """Who administers: ``platform`` (all tenants, default tenant only) or ``tenant``."""

    async def role(self, customer_id: CustomerId) -> str | None:
        """Return a customer's role, if any."""
        row = await self._one(self._select(administrators, administrators.c.customer_id == customer_id))
        return None if row is None else str(row.role)

    async def any(self) -> bool:
        """Tell whether the tenant has an administrator."""
        return await self._one(self._select(administrators).limit(1)) is not None

    async def appoint(self, customer_id: CustomerId, role: str, at: Instant) -> None:
        """Give a customer a role."""
        await self._put(administrators, {"customer_id": customer_id}, {"role": role, "created_at": at})

    async def dismiss(self, customer_id: CustomerId) -> bool:
        """Take a customer's role away."""
        return await self._applied(self._delete(administrators, administrators.c.customer_id == customer_id))


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
    )


def _customer(row: Row[Any] | None) -> SealedCustomer | None:
    return None if row is None else _existing(row)


def _values(customer: SealedCustomer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in SealedCustomer.__slots__} | {"state": customer.state.value}


def _contact_values(contact: ContactIndex) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in ContactIndex.__slots__}


def _password(row: Row[Any]) -> StoredPassword:
    return StoredPassword(
        customer_id=CustomerId(row.customer_id),
        sealed=row.sealed,
        set_at=row.set_at,
        failures=row.failures,
        disabled_at=row.disabled_at,
    )
