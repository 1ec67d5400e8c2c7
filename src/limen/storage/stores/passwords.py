"""Customers' passwords, and those before them."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Row, and_, bindparam, case, exists, literal_column, or_, select, update

from limen.identity.credentials.records import MAX_CONSECUTIVE_FAILURES, StoredPassword
from limen.identity.customers.records import CustomerState
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.storage.schema.credentials import password_history, passwords
from limen.storage.schema.customers import customers
from limen.storage.stores.base import (
    TenantStatement,
    TenantStoreBase,
    delete_mine,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
    update_mine,
)

_of_customer = passwords.c.customer_id == bindparam("of")
_PASSWORD = select_mine(passwords, _of_customer)
_ADD_PASSWORD = insert_new_mine(passwords)
_KEPT = ("sealed", "set_at", "failures", "known_failures", "disabled_at", "told_at", "label")
_SET_PASSWORD = update_mine(passwords, _of_customer, sets=_KEPT)
_REPLACE_HASH = update_mine(passwords, _of_customer, passwords.c.sealed == bindparam("held"), sets=("sealed", "label"))
# Here and below written out: what is bound would hide from SQLite that the partial index serves.
_LABEL = mine(
    select(passwords.c.label)
    .where(passwords.c.label != literal_column("''"), passwords.c.label > bindparam("after"))
    .order_by(passwords.c.label)
    .limit(1),
    passwords,
)
_COUNTERS = (passwords.c.failures, passwords.c.known_failures)


def _counting(counter: Column[int]) -> TenantStatement:
    counted = update(passwords).where(_of_customer).values({counter.name: counter + 1})
    return mine(counted.returning(counter), passwords)


def _is_below(counter: Column[int]) -> ColumnElement[bool]:
    return counter < MAX_CONSECUTIVE_FAILURES


_COUNT_FAILURE, _COUNT_KNOWN_FAILURE = map(_counting, _COUNTERS)
_CLEAR_FAILURES = mine(
    update(passwords)
    .where(_of_customer, or_(*(and_(counter > 0, _is_below(counter)) for counter in _COUNTERS)))
    .values({counter.name: case((_is_below(counter), 0), else_=counter) for counter in _COUNTERS}),
    passwords,
)
_ENABLE = update_mine(
    passwords,
    _of_customer,
    or_(*(counter > 0 for counter in _COUNTERS)),
    sets=("failures", "known_failures", "told_at"),
)
_is_guessed = and_(passwords.c.failures >= literal_column(str(MAX_CONSECUTIVE_FAILURES)), passwords.c.told_at.is_(None))
_GUESSED = mine(
    select(passwords.c.customer_id)
    .where(_is_guessed, passwords.c.disabled_at.is_(None), passwords.c.customer_id > bindparam("after"))
    .where(  # whoever is barred is told once they are not, and keeps nobody waiting until then
        exists().where(
            of_tenant(customers),
            customers.c.id == passwords.c.customer_id,
            customers.c.state != CustomerState.DISABLED.value,
        )
    )
    .order_by(passwords.c.customer_id)
    .limit(bindparam("most")),
    passwords,
)
_TELL = update_mine(passwords, _of_customer, _is_guessed, sets=("told_at",))
_DISABLE = update_mine(passwords, _of_customer, passwords.c.disabled_at.is_(None), sets=("disabled_at",))

_earlier = password_history.c.customer_id == bindparam("of")
_EARLIER = mine(select(password_history).where(_earlier).order_by(password_history.c.set_at.desc()), password_history)
_REMEMBER = insert_new_mine(password_history)
_FORGET_OLDER = delete_mine(password_history, _earlier, password_history.c.set_at < bindparam("oldest"))
_FOREVER = (1 << 63) - 1
_REMOVE_PASSWORD = delete_mine(passwords, _of_customer)


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
            "known_failures": stored.known_failures,
            "disabled_at": stored.disabled_at,
            "told_at": None,
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

    async def count_failure(self, customer_id: CustomerId, *, is_known: bool) -> int:
        """Add one consecutive failure; return how many there are now of the same kind (0 without a password)."""
        count = _COUNT_KNOWN_FAILURE if is_known else _COUNT_FAILURE
        counted = await self._one(count, of=customer_id)
        return 0 if counted is None else int(counted[0])

    async def clear_failures(self, customer_id: CustomerId) -> None:
        """Forget the consecutive failures that have not reached the limit: the password was right."""
        await self._run(_CLEAR_FAILURES, of=customer_id)

    async def enable(self, customer_id: CustomerId) -> None:
        """Forget all failures and what they disabled: another factor spoke."""
        await self._run(_ENABLE, of=customer_id, failures=0, known_failures=0, told_at=None)

    async def disable(self, customer_id: CustomerId, at: Instant) -> None:
        """Disable the password everywhere, until another is set."""
        await self._run(_DISABLE, of=customer_id, disabled_at=at)

    async def guessed(self, *, after: str, limit: int) -> list[CustomerId]:
        """Return whose passwords strangers have disabled, and who was not told."""
        return [CustomerId(row.customer_id) for row in await self._all(_GUESSED, after=after, most=limit)]

    async def told(self, customer_id: CustomerId, at: Instant) -> bool:
        """Note that a customer is told; False if another worker was first, or another factor spoke."""
        return await self._applied(_TELL, of=customer_id, told_at=at)


def _password(row: Row[Any]) -> StoredPassword:
    return StoredPassword(
        customer_id=CustomerId(row.customer_id),
        sealed=row.sealed,
        set_at=row.set_at,
        failures=row.failures,
        known_failures=row.known_failures,
        disabled_at=row.disabled_at,
        label=row.label,
    )
