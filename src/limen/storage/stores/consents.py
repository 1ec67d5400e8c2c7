"""The consent ledger: appended, never changed."""

import json
from typing import Any

from sqlalchemy import Row, bindparam, select

from limen.identity.audit.chain import GENESIS
from limen.identity.consents.records import ConsentDecision, ConsentRecord, Decision, chained
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId, RecordId, TenantId
from limen.storage.dialects import Dialect
from limen.storage.schema import consent_ledger
from limen.storage.statements import Connection
from limen.storage.stores.base import TenantStoreBase, insert_mine, mine

_LAST = mine(
    select(consent_ledger.c.seq, consent_ledger.c.hash).order_by(consent_ledger.c.seq.desc()).limit(1), consent_ledger
)
_APPEND = insert_mine(consent_ledger)
_HISTORY = mine(
    select(consent_ledger).where(consent_ledger.c.customer_id == bindparam("customer")).order_by(consent_ledger.c.seq),
    consent_ledger,
)
_ALL = mine(
    select(consent_ledger)
    .where(consent_ledger.c.seq > bindparam("after"))
    .order_by(consent_ledger.c.seq)
    .limit(bindparam("at_most")),
    consent_ledger,
)


class SqlConsents(TenantStoreBase):
    """Implements :class:`limen.identity.consents.store.ConsentLedger`."""

    def __init__(self, connection: Connection, tenant_id: TenantId, dialect: Dialect) -> None:
        """Speak over *connection*; *dialect* knows how to put appends in order."""
        super().__init__(connection, tenant_id)
        self._dialect = dialect

    async def append(self, record_id: RecordId, decision: ConsentDecision, at: Instant) -> ConsentRecord:
        """Chain *decision* to the last record and store it."""
        await self._dialect.lock(self._connection, f"consent-ledger:{self._tenant_id}")
        row = await self._one(_LAST)
        record = chained(self._tenant_id, record_id, at, decision, (row.seq, row.hash) if row else (0, GENESIS))
        await self._run(_APPEND, _values(record))
        return record

    async def history(self, customer_id: CustomerId) -> list[ConsentRecord]:
        """Return a customer's decisions, oldest first."""
        return [_record(row) for row in await self._all(_HISTORY, customer=customer_id)]

    async def all(self, *, after: int, limit: int) -> list[ConsentRecord]:
        """Return up to *limit* records behind sequence number *after*, in chain order."""
        return [_record(row) for row in await self._all(_ALL, after=after, at_most=limit)]


def _values(record: ConsentRecord) -> dict[str, Any]:
    decision = record.decision
    return {
        "seq": record.seq,
        "id": record.id,
        "at": record.at,
        "customer_id": decision.customer_id,
        "purpose": decision.purpose,
        "party": decision.party,
        "items": json.dumps(decision.items),
        "decision": decision.decision.value,
        "text_hash": decision.text_hash,
        "locale": decision.locale,
        "method": decision.method,
        "open_part": record.open_part,
        "previous": record.previous,
        "hash": record.hash,
    }


def _record(row: Row[Any]) -> ConsentRecord:
    decision = ConsentDecision(
        customer_id=CustomerId(row.customer_id),
        purpose=row.purpose,
        party=row.party,
        items=tuple(json.loads(row._mapping["items"])),  # noqa: SLF001 - a row has a method named items
        decision=Decision(row.decision),
        text_hash=row.text_hash,
        locale=row.locale,
        method=row.method,
    )
    return ConsentRecord(
        id=RecordId(row.id),
        seq=row.seq,
        at=row.at,
        decision=decision,
        open_part=row.open_part,
        previous=row.previous,
        hash=row.hash,
    )
