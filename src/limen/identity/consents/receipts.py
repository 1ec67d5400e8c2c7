"""Giving out receipts: to the customer on the portal, and to the tenant's own systems."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from limen.identity.consents.personal import disclosed
from limen.identity.consents.purposes import Purpose
from limen.identity.consents.receipt import Controller, Material, Proof, receipt, signed_receipt
from limen.identity.consents.sequence import LedgerSigner
from limen.identity.consents.store import ChainStore, ConsentLedger, PurposeStore
from limen.identity.consents.tree import inclusion
from limen.identity.keyring import Keyring
from limen.kernel.errors import NotFound
from limen.kernel.ids import CustomerId, RecordId, TenantId


class ReceiptUnit(Protocol):
    """A reading unit of one tenant."""

    @property
    def consents(self) -> ConsentLedger:
        """Return the decisions."""
        ...

    @property
    def consent_chain(self) -> ChainStore:
        """Return the chain over them."""
        ...

    @property
    def purposes(self) -> PurposeStore:
        """Return the purposes."""
        ...


Reading = Callable[[TenantId], AbstractAsyncContextManager[ReceiptUnit]]
Signers = Callable[[TenantId], Awaitable[LedgerSigner]]


@dataclass(frozen=True, slots=True)
class Issued:
    """One receipt in both forms."""

    document: dict[str, Any]
    jws: str


@dataclass(frozen=True, slots=True)
class Receipts:
    """One tenant's receipts."""

    tenant_id: TenantId
    controller: Controller
    purposes: Mapping[str, Purpose]
    reading: Reading
    keyring: Keyring
    signers: Signers

    async def issue(self, customer_id: CustomerId, record_id: RecordId) -> Issued | NotFound:
        """Return the receipt of a customer's own record; of somebody else's there is none."""
        signer = await self.signers(self.tenant_id)
        vault = await self.keyring.subject(self.tenant_id, customer_id)
        async with self.reading(self.tenant_id) as unit:
            record = await unit.consents.get(record_id)
            if record is None or record.decision.customer_id != customer_id:
                return NotFound("record_not_found")
            purpose = self.purposes.get(record.decision.purpose)
            version = await unit.purposes.version(purpose.id, record.decision.version) if purpose is not None else None
            proof = await _proof(unit.consent_chain, record_id)
        kind = purpose.kind if purpose is not None else None
        document = receipt(Material(self.controller, record, kind, version, disclosed(vault, record), proof), signer)
        return Issued(document, signed_receipt(document, signer))


async def _proof(chain: ChainStore, record_id: RecordId) -> Proof | None:
    """Return where a record stands under the first checkpoint over it; None while it waits."""
    place = await chain.place_of(record_id)
    checkpoint = await chain.checkpoint_over(place.seq) if place is not None else None
    if place is None or checkpoint is None:
        return None
    return Proof(place.seq, checkpoint, await inclusion(chain, place.seq - 1, checkpoint.size))
