"""The personal part of a record: where from, coarsely. Salted, committed to, sealed under the customer's key.

The salt keeps the commitment from confirming a guess once the part it commits to can no longer be read.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import msgspec

from limen.identity.audit.chain import SealedPart
from limen.identity.consents.records import ConsentRecord
from limen.identity.keyring import SubjectVault
from limen.kernel.encoding import canonical_json, sha256
from limen.kernel.entropy import Entropy
from limen.kernel.ids import RecordId

FIELD: Final = "consent.personal"
_SALT_BYTES: Final = 16
_LONGEST_AGENT: Final = 200
_V4_BITS: Final = 24
_V6_BITS: Final = 48


@dataclass(frozen=True, slots=True)
class Disclosed:
    """The personal part, opened: with the salt anybody can check it against the record's commitment."""

    salt: bytes
    facts: Mapping[str, str] = field(repr=False)

    @property
    def commitment(self) -> bytes:
        """Return what the record commits to."""
        return sha256(self.salt, canonical_json(dict(self.facts)))


def sealed_part(
    vault: SubjectVault | None, entropy: Entropy, record_id: RecordId, facts: Mapping[str, str]
) -> SealedPart | None:
    """Return *facts* sealed and committed to; None where there are none, or no key to seal them under."""
    if vault is None or not any(facts.values()):
        return None
    disclosed = Disclosed(entropy.bytes(_SALT_BYTES), {name: value for name, value in facts.items() if value})
    plaintext = disclosed.salt + canonical_json(dict(disclosed.facts))
    return SealedPart(disclosed.commitment, vault.seal(FIELD, record_id, plaintext))


def disclosed(vault: SubjectVault | None, record: ConsentRecord) -> Disclosed | None:
    """Return the personal part of *record*; None where there is none, or the customer's key is gone.

    Raises:
        Corrupted: it was changed, or sealed for another record.
    """
    if vault is None or not record.sealed:
        return None
    plaintext = vault.unseal(FIELD, record.id, record.sealed)
    return Disclosed(plaintext[:_SALT_BYTES], msgspec.json.decode(plaintext[_SALT_BYTES:], type=dict[str, str]))


def coarse(address: str, user_agent: str) -> dict[str, str]:
    """Return where a request came from, as roughly as a proof needs it: the network, and the browser's own words."""
    return {"network": _network(address), "user_agent": user_agent[:_LONGEST_AGENT]}


@lru_cache(maxsize=1024)
def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    bits = _V4_BITS if found.version == 4 else _V6_BITS
    return str(ipaddress.ip_network((found, bits), strict=False))
