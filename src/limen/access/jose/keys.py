"""A tenant's signing keys as records, and what they ask of storage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from limen.access.jose.algorithms import ENCRYPTION, Algorithm
from limen.kernel.clock import Instant
from limen.kernel.errors import Fault

SEALED_FIELD = "signing_key.private"
"""The logical field under which a private key is sealed; the record is its ``kid``."""


class KeyPurpose(StrEnum):
    """What a key is for. Keys are never shared between purposes."""

    TOKENS = "tokens"
    """Signs what we issue."""
    ENCRYPTION = "encryption"
    """Decrypts what is sent to us; published with ``use`` ``enc``."""
    CHECKPOINTS = "checkpoints"
    """Checkpoints of the audit log: never in the JWKS, never rotated here."""
    CONSENTS = "consents"
    """The consent ledger's checkpoints, receipts and exports: likewise."""


ROTATED = frozenset({KeyPurpose.TOKENS, KeyPurpose.ENCRYPTION})
"""The purposes whose keys are published, and change by ``rotation``."""


def purpose_of(alg: Algorithm) -> KeyPurpose:
    """Return what a published key for *alg* is for."""
    return KeyPurpose.ENCRYPTION if alg in ENCRYPTION else KeyPurpose.TOKENS


class KeyState(StrEnum):
    """Where a key stands in its life (drawn in the package's docstring)."""

    PENDING = "pending"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair of one tenant.

    Attributes:
        kid: the RFC 7638 thumbprint of the public key, so that a ``kid`` can never name another key.
        public_jwk: the key members alone; ``kid``, ``alg`` and ``use`` are added when it is published.
        activates_at: when it begins to sign, or began.
        retires_at: when it is to stop signing, or stopped; 0 while pending.
        removed_at: when it leaves the JWKS, or left; 0 until it retires.
        sealed_private: PKCS #8 DER under the tenant's key; empty once it is of no more use: a key that signs loses it
            when it retires, one that decrypts when it is removed.
    """

    kid: str
    alg: Algorithm
    public_jwk: Mapping[str, str]
    created_at: Instant
    activates_at: Instant
    sealed_private: bytes = field(repr=False)
    state: KeyState = KeyState.PENDING
    purpose: KeyPurpose = KeyPurpose.TOKENS
    retires_at: Instant = 0
    removed_at: Instant = 0

    @property
    def is_published(self) -> bool:
        """Tell whether the key belongs in the JWKS."""
        return self.state is not KeyState.RETIRED

    def activate(self, now: Instant, retires_at: Instant) -> "SigningKey":
        """Return the key as it signs from *now*."""
        self._require(KeyState.PENDING)
        return replace(self, state=KeyState.ACTIVE, activates_at=now, retires_at=retires_at)

    def retire(self, now: Instant, removed_at: Instant) -> "SigningKey":
        """Return the key as it no longer signs but still verifies, or decrypts what was sent to it before."""
        self._require(KeyState.ACTIVE)
        kept = self.sealed_private if self.purpose is KeyPurpose.ENCRYPTION else b""
        return replace(self, state=KeyState.RETIRING, retires_at=now, removed_at=removed_at, sealed_private=kept)

    def remove(self, now: Instant) -> "SigningKey":
        """Return the key as it is out of the JWKS."""
        self._require(KeyState.PENDING, KeyState.ACTIVE, KeyState.RETIRING)
        return replace(self, state=KeyState.RETIRED, removed_at=now, sealed_private=b"")

    def _require(self, *states: KeyState) -> None:
        if self.state not in states:
            msg = f"a {self.state.value} signing key cannot make this transition"
            raise Fault(msg)


class KeyVault(Protocol):
    """What sealing of private keys needs of the tenant's vault."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Seal *plaintext*, bound to *field* and *record*."""
        ...

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return what was sealed for *field* and *record*."""
        ...


class SigningKeyStore(Protocol):
    """One tenant's signing keys.

    A tenant has at most one pending and one active key of each (purpose, alg): storage holds this by a unique index
    over (tenant, purpose, alg, state) where the state is pending or active. It decides between racing workers.
    """

    async def list_keys(self) -> list[SigningKey]:
        """Return every key of the tenant, retired ones included or not."""
        ...

    async def add_key(self, key: SigningKey) -> bool:
        """Add *key*; False, and nothing written, if its ``kid`` or its place in the unique index is taken."""
        ...

    async def update_key(self, kid: str, from_state: KeyState, key: SigningKey) -> bool:
        """Replace the key *kid* by *key* if it is in *from_state*; else False, and nothing written."""
        ...
