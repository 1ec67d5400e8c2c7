"""Factors: authenticator apps, recovery codes, passkeys and security keys."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, or_, select

from limen.access.factors.records import FactorKind, StoredFactor
from limen.identity.customers.records import SealedCustomer
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, FactorId, TenantId
from limen.storage.dialects import Dialect
from limen.storage.schema.credentials import factors, passkey_offers
from limen.storage.schema.customers import customers
from limen.storage.statements import Connection, row_maker
from limen.storage.stores.base import (
    TenantStoreBase,
    delete_mine,
    insert_mine,
    insert_new_mine,
    mine,
    select_mine,
    update_mine,
)
from limen.storage.stores.customers import existing
from limen.storage.stores.safety import FORGET_ALL

_theirs = factors.c.customer_id == bindparam("customer")
_this = factors.c.id == bindparam("of")
_is_app = factors.c.kind == FactorKind.TOTP.value
_is_code = factors.c.kind == FactorKind.RECOVERY.value
_SAID = ("id", "kind", "sealed", "digest", "created_at", "last_used_at", "last_step")
_OF_CUSTOMER = mine(select(*(factors.c[name] for name in _SAID)).where(_theirs).order_by(factors.c.id), factors)
_ADD = insert_mine(factors)
_ACCEPT_STEP = update_mine(
    factors, _this, _is_app, factors.c.last_step < bindparam("step"), sets=("last_step", "last_used_at")
)
_SPEND_CODE = update_mine(
    factors,
    _theirs,
    _is_code,
    factors.c.digest == bindparam("held"),
    factors.c.last_used_at.is_(None),
    sets=("last_used_at",),
)
_DROP_CODES = delete_mine(factors, _theirs, _is_code)
_REMOVE_APP = delete_mine(factors, _theirs, _this, _is_app)
_is_messaged = or_(factors.c.kind == FactorKind.PHONE.value, factors.c.kind == FactorKind.EMAIL.value)
_NOTE_USE = update_mine(factors, _this, _is_messaged, sets=("last_used_at",))
_REMOVE_MESSAGED = delete_mine(factors, _theirs, _this, _is_messaged)
_is_key = or_(factors.c.kind == FactorKind.PASSKEY.value, factors.c.kind == FactorKind.SECURITY_KEY.value)
_ADD_KEY = insert_new_mine(factors)
_FIND_KEY = mine(
    select(customers, *(column.label(f"key_{column.name}") for column in factors.c)).where(
        factors.c.digest == bindparam("held"), _is_key, customers.c.id == factors.c.customer_id
    ),
    factors,
    customers,
)
_key = row_maker(tuple(factors.c.keys()))
_ACCEPT_COUNTER = update_mine(
    factors,
    _this,
    _is_key,
    factors.c.last_step <= bindparam("at_most"),
    sets=("last_step", "last_used_at", "sealed"),
)
_RENAME_KEY = update_mine(factors, _theirs, _this, _is_key, sets=("sealed",))
_REMOVE_KEY = delete_mine(factors, _theirs, _this, _is_key)
_DECLINED = select_mine(passkey_offers, passkey_offers.c.customer_id == bindparam("customer"))
_FORGET_DECLINED = delete_mine(passkey_offers, passkey_offers.c.customer_id == bindparam("customer"))
_DECLINE = insert_new_mine(passkey_offers)
_ANY = 2**62
KINDS = {kind.value: kind for kind in FactorKind}
_REMOVE_SINCE = delete_mine(factors, _theirs, factors.c.created_at >= bindparam("since"))


class SqlFactors(TenantStoreBase):
    """Implements :class:`limen.access.factors.store.FactorStore`."""

    def __init__(self, connection: Connection, tenant_id: TenantId, dialect: Dialect) -> None:
        """Speak over *connection*; *dialect* puts the changes of one customer's factors in order."""
        super().__init__(connection, tenant_id)
        self._dialect = dialect

    async def hold(self, customer_id: CustomerId) -> None:
        """Let nobody else who holds a customer's factors go on before this transaction ends."""
        await self._dialect.lock(self._connection, f"factors:{self._tenant_id}:{customer_id}")

    async def of_customer(self, customer_id: CustomerId) -> list[StoredFactor]:
        """Return a customer's factors, oldest first."""
        found = await self._all(_OF_CUSTOMER, customer=customer_id)
        return [  # with eleven rows of each who has recovery codes, a call for a row counts
            StoredFactor(FactorId(name), customer_id, KINDS[kind], *more) for name, kind, *more in found
        ]

    async def add(self, factor: StoredFactor) -> None:
        """Store a new factor."""
        await self._run(FORGET_ALL, customer=factor.customer_id)  # trust outlives no change of factors
        await self._run(_ADD, factor_values(factor))

    async def accept_step(self, factor_id: FactorId, step: int, now: Instant) -> bool:
        """Use the code of a time step, if neither it nor a later one was used before."""
        return await self._applied(_ACCEPT_STEP, of=factor_id, step=step, last_step=step, last_used_at=now)

    async def spend_code(self, customer_id: CustomerId, digest: bytes, now: Instant) -> bool:
        """Use a recovery code, if it is not spent."""
        return await self._applied(_SPEND_CODE, customer=customer_id, held=digest, last_used_at=now)

    async def replace_codes(self, customer_id: CustomerId, codes: Iterable[StoredFactor]) -> None:
        """Store *codes* in place of every recovery code that a customer has."""
        await self._run(FORGET_ALL, customer=customer_id)
        await self._run(_DROP_CODES, customer=customer_id)
        for code in codes:
            await self._run(_ADD, factor_values(code))

    async def remove_app(self, customer_id: CustomerId, factor_id: FactorId) -> bool:
        """Remove a customer's authenticator app."""
        await self._run(FORGET_ALL, customer=customer_id)
        return await self._applied(_REMOVE_APP, customer=customer_id, of=factor_id)

    async def add_key(self, factor: StoredFactor) -> bool:
        """Store a new key, if its credential id is new."""
        if not await self._applied(_ADD_KEY, factor_values(factor)):
            return False
        await self._run(FORGET_ALL, customer=factor.customer_id)
        return True

    async def find_key(self, digest: bytes) -> tuple[StoredFactor, SealedCustomer] | None:
        """Return the key whose credential id has this SHA-256, and whose it is."""
        row = await self._one(_FIND_KEY, held=digest)
        return None if row is None else (_factor(_key(row[len(customers.c) :])), existing(row))

    async def accept_counter(self, factor: StoredFactor, counter: int, now: Instant, *, may_stop: bool) -> bool:
        """Note that a key spoke, if its counter has grown, never was, or may stop."""
        return await self._applied(
            _ACCEPT_COUNTER,
            of=factor.id,
            at_most=_ANY if may_stop and not counter else max(counter - 1, 0),
            last_step=counter,
            last_used_at=now,
            sealed=factor.sealed,
        )

    async def rename_key(self, factor: StoredFactor) -> bool:
        """Store what a key is sealed as now."""
        return await self._applied(_RENAME_KEY, customer=factor.customer_id, of=factor.id, sealed=factor.sealed)

    async def remove_key(self, customer_id: CustomerId, factor_id: FactorId) -> bool:
        """Remove a customer's key."""
        if not await self._applied(_REMOVE_KEY, customer=customer_id, of=factor_id):
            return False
        await self._run(FORGET_ALL, customer=customer_id)
        return True

    async def declined_at(self, customer_id: CustomerId) -> Instant:
        """Return when a customer last declined a passkey."""
        row = await self._one(_DECLINED, customer=customer_id)
        return 0 if row is None else int(row.declined_at)

    async def decline(self, customer_id: CustomerId, now: Instant) -> None:
        """Note that a customer declined a passkey."""
        await self._run(_FORGET_DECLINED, customer=customer_id)
        await self._run(_DECLINE, customer_id=customer_id, declined_at=now)

    async def note_use(self, factor_id: FactorId, now: Instant) -> None:
        """Note that a phone or a mailbox was used."""
        await self._run(_NOTE_USE, of=factor_id, last_used_at=now)

    async def remove_messaged(self, customer_id: CustomerId, factor_id: FactorId) -> bool:
        """Remove a customer's phone or mailbox."""
        await self._run(FORGET_ALL, customer=customer_id)
        return await self._applied(_REMOVE_MESSAGED, customer=customer_id, of=factor_id)

    async def remove_since(self, customer_id: CustomerId, since: Instant) -> int:
        """Remove what a customer set up at *since* or later, whatever it is; return how many rows went."""
        await self._run(FORGET_ALL, customer=customer_id)
        return await self._run(_REMOVE_SINCE, customer=customer_id, since=since)


def factor_values(factor: StoredFactor) -> dict[str, Any]:
    """Return the columns of a factor."""
    return {name: getattr(factor, name) for name in StoredFactor.__struct_fields__} | {"kind": factor.kind.value}


def _factor(row: Any) -> StoredFactor:
    return StoredFactor(
        FactorId(row.id),
        CustomerId(row.customer_id),
        KINDS[row.kind],
        row.sealed,
        row.digest,
        row.created_at,
        row.last_used_at,
        row.last_step,
    )
