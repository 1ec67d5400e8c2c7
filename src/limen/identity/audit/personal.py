"""The personal part of an audit record, for whoever it concerns."""

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from limen.identity.audit.chain import AuditRecord

AUDIT_FIELD: Final = "audit.personal"
"""The logical field; the record is the commitment in hexadecimal, which the chain holds beside it."""
SALT_BYTES: Final = 16


class Unseals(Protocol):
    """What is asked of the subject's vault."""

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return the plaintext."""
        ...


def opened(vault: Unseals, record: AuditRecord) -> Mapping[str, str]:
    """Return the personal facts of *record*; empty where there are none.

    Raises:
        Corrupted: they were changed, or sealed for somebody else.
    """
    if not record.sealed:
        return {}
    plaintext = vault.unseal(AUDIT_FIELD, record.commitment.hex(), record.sealed)
    return msgspec.json.decode(plaintext[SALT_BYTES:], type=dict[str, str])
