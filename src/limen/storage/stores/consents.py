"""The consent ledger: appended, never changed; and which of what it says was given still stands."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy import Row, bindparam, func, literal_column, select

from limen.identity.audit.chain import SealedPart
from limen.identity.consents.asking import DECIDED
from limen.identity.consents.records import OAUTH, ConsentDecision, ConsentRecord, Decision, recorded
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, RecordId, TenantId
from limen.storage.dialects import Dialect
from limen.storage.schema.consents import consent_ledger, standing_consents
from limen.storage.statements import Connection
from limen.storage.stores.base import (
    TenantStoreBase,
    delete_mine,
    insert_mine,
    mine,
    of_tenant,
    select_mine,
)

_MOST: Final = 1_000
_NEVER: Final[Instant] = 2**63 - 1

_theirs = consent_ledger.c.customer_id == bindparam("customer")
_LAST_AT = mine(select(func.max(consent_ledger.c.at).label("at")).where(_theirs), consent_ledger)
_APPEND = insert_mine(consent_ledger)
_GET = select_mine(consent_ledger, consent_ledger.c.id == bindparam("of"))
_HISTORY = mine(
    select(consent_ledger)
    .where(_theirs, consent_ledger.c.at < bindparam("before"))
    .order_by(consent_ledger.c.at.desc())
    .limit(bindparam("at_most")),
    consent_ledger,
)
_ACCESS = mine(
    select(consent_ledger)
    .where(_theirs, consent_ledger.c.purpose == OAUTH)
    .order_by(consent_ledger.c.at.desc())
    .limit(_MOST),
    consent_ledger,
)
_newest = (
    select(consent_ledger.c.purpose, consent_ledger.c.party, func.max(consent_ledger.c.at).label("at"))
    .where(of_tenant(consent_ledger), _theirs)
    .group_by(consent_ledger.c.purpose, consent_ledger.c.party)
    .subquery()
)
_LATEST = mine(
    select(consent_ledger)
    .join(_newest, consent_ledger.c.at == _newest.c.at)
    .where(_theirs)
    .order_by(consent_ledger.c.at),
    consent_ledger,
)

_this = (
    standing_consents.c.customer_id == bindparam("customer"),
    standing_consents.c.purpose == bindparam("of_purpose"),
    standing_consents.c.party == bindparam("of_party"),
)
_STAND = insert_mine(standing_consents)
_FALL = delete_mine(standing_consents, *_this)
_SETTLE = delete_mine(standing_consents, *_this, standing_consents.c.record_id == bindparam("of"))
_standing = (
    select(consent_ledger)
    .join(
        standing_consents,
        (standing_consents.c.tenant_id == consent_ledger.c.tenant_id)
        & (standing_consents.c.record_id == consent_ledger.c.id),
    )
    .limit(bindparam("at_most"))
)
_ends = standing_consents.c.expires_at
_EXPIRED = mine(
    # the nought is written out: bound, it would hide from SQLite that the partial index serves
    _standing.where(_ends > literal_column("0"), _ends <= bindparam("now")).order_by(_ends),
    standing_consents,
)
_OUTDATED = mine(
    _standing.where(
        standing_consents.c.purpose == bindparam("of_purpose"), standing_consents.c.version < bindparam("below")
    ).order_by(standing_consents.c.version),
    standing_consents,
)


class SqlConsents(TenantStoreBase):
    """Implements :class:`limen.identity.consents.store.ConsentLedger`."""

    def __init__(
        self, connection: Connection, tenant_id: TenantId, dialect: Dialect, change: Callable[[str, str], None]
    ) -> None:
        """Speak over *connection*; *dialect* puts one customer's decisions in order, *change* tells caches."""
        super().__init__(connection, tenant_id)
        self._dialect, self._change = dialect, change

    async def append(
        self, record_id: RecordId, decision: ConsentDecision, at: Instant, part: SealedPart | None = None
    ) -> ConsentRecord:
        """Store *decision* behind the customer's last; the lock is the customer's own, and no tenant's."""
        customer = decision.customer_id
        await self._dialect.lock(self._connection, f"consents:{self._tenant_id}:{customer}")
        last = (await self._one(_LAST_AT, customer=customer)).at
        # two workers' clocks differ: what was decided later must stand later, or a withdrawal could be lost
        record = recorded(self._tenant_id, record_id, max(at, (last or 0) + 1), decision, part)
        await self._run(_APPEND, _values(record))
        if decision.purpose != OAUTH:  # an application's access ends by itself never
            await self._keep_standing(record)
        self._change(DECIDED, customer)
        return record

    async def _keep_standing(self, record: ConsentRecord) -> None:
        made = record.decision
        await self._run(_FALL, customer=made.customer_id, of_purpose=made.purpose, of_party=made.party)
        if made.decision is Decision.GIVEN:
            this = {"customer_id": made.customer_id, "purpose": made.purpose, "party": made.party}
            ends = {"record_id": record.id, "version": made.version, "expires_at": made.expires_at}
            await self._run(_STAND, this, **ends)

    async def expired(self, now: Instant, limit: int) -> list[ConsentRecord]:
        """Return consents that stand and ran out, the longest ago first."""
        return [record_of(row) for row in await self._all(_EXPIRED, now=now, at_most=limit)]

    async def outdated(self, purpose: str, counts_from: int, limit: int) -> list[ConsentRecord]:
        """Return consents that stand and were given to versions that count no longer."""
        rows = await self._all(_OUTDATED, of_purpose=purpose, below=counts_from, at_most=limit)
        return [record_of(row) for row in rows]

    async def settle(self, record: ConsentRecord) -> bool:
        """Let a consent stand no longer; False where it does not stand any more."""
        made = record.decision
        this = {"customer": made.customer_id, "of_purpose": made.purpose, "of_party": made.party}
        return await self._applied(_SETTLE, this, of=record.id)

    async def get(self, record_id: RecordId) -> ConsentRecord | None:
        """Return one record."""
        row = await self._one(_GET, of=record_id)
        return None if row is None else record_of(row)

    async def history(
        self, customer_id: CustomerId, *, limit: int = _MOST, before: Instant | None = None
    ) -> list[ConsentRecord]:
        """Return a customer's newest decisions, of those *before* an instant; oldest first."""
        until = _NEVER if before is None else before
        rows = await self._all(_HISTORY, customer=customer_id, at_most=limit, before=until)
        return [record_of(row) for row in reversed(rows)]

    async def access(self, customer_id: CustomerId) -> list[ConsentRecord]:
        """Return a customer's newest decisions about applications, oldest first."""
        return [record_of(row) for row in reversed(await self._all(_ACCESS, customer=customer_id))]

    async def latest(self, customer_id: CustomerId) -> list[ConsentRecord]:
        """Return the newest decision of a customer on each purpose and party."""
        return [record_of(row) for row in await self._all(_LATEST, customer=customer_id)]


def _values(record: ConsentRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "at": record.at,
        "customer_id": record.decision.customer_id,
        "purpose": record.decision.purpose,
        "party": record.decision.party,
        "open_part": record.open_part,
        "commitment": record.commitment,
        "sealed": record.sealed,
        "leaf": record.leaf,
    }


def record_of(row: Row[Any]) -> ConsentRecord:
    """Return the record of a row; what it says is read from what is committed to."""
    said: dict[str, Any] = msgspec.json.decode(row.open_part)
    decision = ConsentDecision(
        customer_id=CustomerId(row.customer_id),
        purpose=said["purpose"],
        party=said["party"],
        items=tuple(said["items"]),
        decision=Decision(said["decision"]),
        text_hash=bytes.fromhex(said["text_hash"]),
        locale=said["locale"],
        method=said["method"],
        version=said["version"],
        expires_at=said["expires_at"],
        confirmed_age=said["confirmed_age"],
        age_from=said["age_from"],
    )
    return ConsentRecord(
        RecordId(row.id), row.at, decision, bytes(row.open_part), bytes(row.commitment), bytes(row.sealed)
    )
