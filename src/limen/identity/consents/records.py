"""One decision of a customer, as it is made and as it stands in the ledger."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from limen.identity.audit.chain import SealedPart
from limen.identity.consents.tree import leaf_hash
from limen.kernel.clock import Instant
from limen.kernel.encoding import canonical_json, framed
from limen.kernel.ids import CustomerId, RecordId, TenantId

OAUTH = "oauth"
"""The purpose of access by an application; no purpose of a tenant's register may be called so."""


class Decision(StrEnum):
    """What a customer decided."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """A decision before it is recorded.

    Attributes:
        purpose: ``oauth`` for access by an application; others are names in the tenant's register of purposes.
        party: who is allowed: a public ``client_id``, or empty for the tenant itself.
        items: what exactly, sorted: scopes for ``oauth``, kinds of data for other purposes.
        text_hash: SHA-256 of the words the customer saw, 32 bytes, with the language they were in.
        method: how it was made: ``page``, ``journey``, ``api``, ``import``, ``mail`` (a link in a message),
            ``gpc`` (the browser's signal).
        version: the number of the purpose's version; 0 for ``oauth``.
        expires_at: when it stops to count; 0 for never.
        confirmed_age: the age in years that the customer has reached; 0 where it was not asked.
        age_from: by what that is known: ``birthdate``, the one in their profile, or ``declared``: they said so.
    """

    customer_id: CustomerId
    purpose: str
    party: str
    items: tuple[str, ...]
    decision: Decision
    text_hash: bytes
    locale: str
    method: str = "page"
    version: int = 0
    expires_at: Instant = 0
    confirmed_age: int = 0
    age_from: str = ""


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A decision in the ledger. ``open_part`` is the canonical JSON that is committed to, with ``commitment``.

    ``commitment`` (32 bytes, or none) is the salted hash of the personal part, which ``sealed`` holds under the
    customer's key.
    """

    id: RecordId
    at: Instant
    decision: ConsentDecision
    open_part: bytes
    commitment: bytes = b""
    sealed: bytes = field(default=b"", repr=False)

    @property
    def leaf(self) -> bytes:
        """Return the record's leaf in the tenant's Merkle tree, 32 bytes."""
        return record_leaf(self.open_part, self.commitment)


def record_leaf(open_part: bytes, commitment: bytes) -> bytes:
    """Return the leaf hash of a record with these open fields and this commitment (RFC 9162 §2.1.1)."""
    return leaf_hash(framed(open_part, commitment))


def recorded(
    tenant_id: TenantId, record_id: RecordId, at: Instant, decision: ConsentDecision, part: SealedPart | None = None
) -> ConsentRecord:
    """Return *decision*, made at *at*, as a record of the ledger."""
    commitment, sealed = (part.commitment, part.sealed) if part else (b"", b"")
    return ConsentRecord(
        record_id, at, decision, canonical_json(open_fields(tenant_id, record_id, at, decision)), commitment, sealed
    )


def open_fields(tenant_id: TenantId, record_id: RecordId, at: Instant, decision: ConsentDecision) -> dict[str, Any]:
    """Return what of a decision stands in the open."""
    return {
        "age_from": decision.age_from,
        "at": at,
        "confirmed_age": decision.confirmed_age,
        "customer": str(decision.customer_id),
        "decision": decision.decision.value,
        "expires_at": decision.expires_at,
        "id": str(record_id),
        "items": list(decision.items),
        "locale": decision.locale,
        "method": decision.method,
        "party": decision.party,
        "purpose": decision.purpose,
        "tenant": str(tenant_id),
        "text_hash": decision.text_hash.hex(),
        "v": 1,
        "version": decision.version,
    }


def read_open(open_part: bytes) -> dict[str, Any] | None:
    """Return the open fields of a record by name, or None where the bytes are none."""
    try:
        fields = msgspec.json.decode(open_part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None
