"""A password as the domain sees one, and as the database does."""

from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from limen.identity.credentials.legacy.table import label_of
from limen.kernel.clock import Instant
from limen.kernel.ids import CustomerId
from limen.kernel.masked import Masked

MAX_CONSECUTIVE_FAILURES = 100
"""After so many wrong passwords in a row the password is disabled until another factor speaks (SP 800-63B-4 §3.2.2).

Those of strangers' browsers and those at devices that the customer has used are counted apart, and disable it there.
"""

PASSWORD_FIELD = "password.hash"
"""The logical field under which a hash is sealed; the record is the customer's identifier."""


LABELS_CHANGED = "passwords"
"""The kind of change that tells the caches that there are hashes of another cost."""


class Sealer(Protocol):
    """What this package asks of a customer's vault (``keyring.SubjectVault``)."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return the envelope."""
        ...


class Unsealer(Protocol):
    """What a check asks of a customer's vault (``keyring.SubjectVault``)."""

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes | None:
        """Return the plaintext, or None if its key is gone."""
        ...


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """A customer's password, unsealed: ``hash`` is PHC text, or a hash that another system made as it is kept."""

    customer_id: CustomerId
    hash: str = field(repr=False)
    set_at: Instant


class StoredPassword(Masked, msgspec.Struct, frozen=True):
    """A password as stored: ``sealed`` is an envelope under the customer's own key.

    Attributes:
        failures: wrong attempts in a row by browsers that the customer never used.
        known_failures: those at devices that the customer has used.
        disabled_at: since when it counts nowhere, because its owner said *it was not me*; None if it does.
        label: what a check costs while the hash is another system's (``legacy.table``); empty where it is ours.
    """

    customer_id: CustomerId
    sealed: bytes
    set_at: Instant
    failures: int = 0
    known_failures: int = 0
    disabled_at: Instant | None = None
    label: str = ""

    def __repr__(self) -> str:
        """Show no hash, however it is sealed."""
        return f"StoredPassword({self.customer_id})"

    def counts(self, *, is_known: bool) -> bool:
        """Tell whether this password counts at a device that the customer has used, or at any other.

        Where it does not, another factor has to speak before; where its owner disabled it, another password is needed.
        """
        failures = self.known_failures if is_known else self.failures
        return self.disabled_at is None and failures < MAX_CONSECUTIVE_FAILURES


def seal_password(vault: Sealer, customer_id: CustomerId, kept: str, now: Instant) -> StoredPassword:
    """Return a password set *now*, with no failures, ready for ``PasswordStore.put``."""
    sealed = vault.seal(PASSWORD_FIELD, customer_id, kept.encode())
    return StoredPassword(customer_id, sealed, set_at=now, label=label_of(kept))


def unseal_password(vault: Unsealer, stored: StoredPassword) -> PasswordCredential | None:
    """Return *stored* unsealed, or None if its key is gone."""
    phc = vault.unseal(PASSWORD_FIELD, stored.customer_id, stored.sealed)
    if phc is None:
        return None
    return PasswordCredential(stored.customer_id, phc.decode(), stored.set_at)
