"""A customer, their factors, what they trust and what they allow in one statement: a sign-in asks for it four times."""

from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.journeys.store import Standing
from limen.access.safety.records import TrustedDevice
from limen.kernel.clock import Instant
from limen.kernel.ids import BrowserId, ClientKey, CustomerId, DeviceId, FactorId
from limen.storage.schema.credentials import factors, passwords
from limen.storage.schema.customers import customers
from limen.storage.schema.safety import recovery_requests, trusted_devices
from limen.storage.schema.tokens import grants
from limen.storage.stores.base import TenantStatement, TenantStoreBase, of_tenant
from limen.storage.stores.customers import existing
from limen.storage.stores.factors import KINDS

_FACTOR, _DEVICE = 1, 2
_what = (literal_column(str(number), Integer).label("what") for number in (0, _FACTOR, _DEVICE))
_one, _zero, _no_text = literal_column("1", BigInteger), literal_column("0", BigInteger), literal_column("''", String)
_no_bytes, _no_day = literal_column("NULL", LargeBinary), literal_column("NULL", Integer)


def _has(table: Table, condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return 1 where the customer has a row that meets *condition*, else 0."""
    theirs = table.c.customer_id == bindparam("customer")
    return case((exists().where(of_tenant(table), theirs, condition), _one), else_=_zero)


_allowed = (
    select(grants.c.scopes)
    .where(
        of_tenant(grants),
        grants.c.customer_id == bindparam("customer"),
        grants.c.client_key == bindparam("client"),
    )
    .scalar_subquery()
)
_is_code = factors.c.kind == literal_column(f"'{FactorKind.RECOVERY.value}'", String)
_codes_left = (
    select(func.count())
    .select_from(factors)
    .where(
        of_tenant(factors), factors.c.customer_id == bindparam("customer"), _is_code, factors.c.last_used_at.is_(None)
    )
    .scalar_subquery()
)
"""They are counted where they are: whoever has recovery codes has ten, and one other factor or two."""
_customer = select(
    next(_what),
    customers.c.id,
    customers.c.subject,
    customers.c.state,
    customers.c.sealed_profile,
    _no_bytes.label("digest"),
    customers.c.created_at,
    customers.c.updated_at,
    customers.c.valid_after,
    customers.c.proof_after,
    customers.c.version,
    customers.c.seen_on,
    _has(recovery_requests, recovery_requests.c.closed_at.is_(None)).label("recovers"),
    _has(passwords, or_(passwords.c.failures > _zero, passwords.c.known_failures > _zero)).label("has_failed"),
    _allowed.label("allowed"),
    _codes_left.label("codes_left"),
).where(of_tenant(customers), customers.c.id == bindparam("customer"))
_of_the_customer = (_zero, _zero, _no_day, _zero, _zero, _no_text, _zero)
"""In the place of what only the customer has: from ``proof_after`` on."""
_factors = select(
    next(_what),
    factors.c.id,
    _no_text,
    factors.c.kind,
    factors.c.sealed,
    factors.c.digest,
    factors.c.created_at,
    factors.c.last_used_at,
    factors.c.last_step,
    *_of_the_customer,
).where(of_tenant(factors), factors.c.customer_id == bindparam("customer"), ~_is_code)
_device = select(
    next(_what),
    trusted_devices.c.id,
    trusted_devices.c.browser_id,
    _no_text,
    trusted_devices.c.sealed,
    _no_bytes,
    trusted_devices.c.created_at,
    trusted_devices.c.used_at,
    trusted_devices.c.expires_at,
    *_of_the_customer,
).where(
    of_tenant(trusted_devices),
    trusted_devices.c.customer_id == bindparam("customer"),
    trusted_devices.c.browser_id == bindparam("browser"),
    trusted_devices.c.expires_at > bindparam("now"),
)
_FIND = TenantStatement(union_all(_customer, _factors, _device))
_by_age = attrgetter("id")


class SqlStandings(TenantStoreBase):
    """Implements :class:`limen.access.journeys.store.StandingStore`."""

    async def find(
        self, customer_id: CustomerId, browser_id: BrowserId, client: ClientKey | None, now: Instant
    ) -> Standing | None:
        """Return the customer, their factors, oldest first, and what they trust and allow."""
        found: Any = None
        held: list[StoredFactor] = []
        trusted: TrustedDevice | None = None
        for row in await self._all(_FIND, customer=customer_id, browser=browser_id, client=client or "", now=now):
            if row.what == _FACTOR:
                held.append(_factor_of(row, customer_id))
            elif row.what == _DEVICE:
                trusted = _device_of(row, customer_id)
            else:
                found = row
        if found is None:
            return None
        held.sort(key=_by_age)
        return Standing(
            existing(found),
            tuple(held),
            found.codes_left,
            trusted,
            bool(found.recovers),
            bool(found.has_failed),
            tuple((found.allowed or "").split()),
        )


def _factor_of(row: Any, customer_id: CustomerId) -> StoredFactor:
    _, name, _, kind, sealed, digest, created_at, used_at, last_step, *_ = row
    return StoredFactor(FactorId(name), customer_id, KINDS[kind], sealed, digest, created_at, used_at, last_step)


def _device_of(row: Any, customer_id: CustomerId) -> TrustedDevice:
    _, name, browser, _, sealed, _, created_at, used_at, expires_at, *_ = row
    return TrustedDevice(DeviceId(name), customer_id, BrowserId(browser), sealed, created_at, used_at, expires_at)
