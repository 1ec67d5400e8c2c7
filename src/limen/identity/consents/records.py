"""One decision of a customer, chained to the decision before it in the tenant."""

from dataclasses import dataclass
from enum import StrEnum

from limen.identity.audit.chain import link
from limen.kernel.clock import Instant
from limen.kernel.encoding import canonical_json
from limen.kernel.ids import CustomerId, RecordId, TenantId


class Decision(StrEnum):
    """What a customer decided."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """A decision before it is chained.

    Attributes:
        purpose: ``oauth`` for access by an application; others come from the tenant's register of purposes.
        party: who is allowed: a public ``client_id``, or empty for the tenant itself.
        items: what exactly, sorted: scopes for ``oauth``.
        text_hash: SHA-256 of the words the customer saw, 32 bytes, with the language they were in.
        method: how it was given: ``page``, ``api``, ``import``.
    """

    customer_id: CustomerId
    purpose: str
    party: str
    items: tuple[str, ...]
    decision: Decision
    text_hash: bytes
    locale: str
    method: str = "page"


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A decision in the ledger: ``hash`` covers the open part and the previous hash."""

    id: RecordId
    seq: int
    at: Instant
    decision: ConsentDecision
    open_part: bytes
    previous: bytes
    hash: bytes


def chained(
    tenant_id: TenantId, record_id: RecordId, at: Instant, decision: ConsentDecision, last: tuple[int, bytes]
) -> ConsentRecord:
    """Return *decision* as the ledger record that follows *last* (sequence number and hash)."""
    seq, previous = last[0] + 1, last[1]
    data = canonical_json((
        tenant_id, record_id, seq, at, decision.customer_id, decision.purpose, decision.party, list(decision.items),
        decision.decision.value, decision.text_hash.hex(), decision.locale, decision.method,
    ))  # fmt: skip
    return ConsentRecord(record_id, seq, at, decision, data, previous, link(previous, data, b""))
