"""A credential as the domain sees it: what is sealed of it under its customer's key."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from limen.access.factors.records import FactorKind, Sealer, StoredFactor, keys
from limen.access.sessions.records import HARDWARE_KEY, SOFTWARE_KEY, Evidence
from limen.kernel.clock import Instant
from limen.kernel.encoding import encode_json, sha256
from limen.kernel.ids import FactorId, TenantId
from limen.kernel.masked import Masked

MOST_KEYS: Final = 20
"""How many passkeys and security keys a customer may have, together."""
LONGEST_NAME: Final = 60
LONGEST_ID: Final = 1_023
"""Bytes of a credential id (WebAuthn §4, *Credential ID*)."""
_FIELD: Final = "factor.passkey"
_TAG_BYTES: Final = 8
HANDLE_BYTES: Final = 32

Transport = Literal["ble", "hybrid", "internal", "nfc", "smart-card", "usb"]
"""How a browser reaches an authenticator (WebAuthn §5.8.4)."""


class Credential(Masked, msgspec.Struct, frozen=True):
    """What is known of a credential.

    Attributes:
        id: as the authenticator made it.
        public_key: as COSE_Key (RFC 9052 §7).
        handle: the user handle it was made for: random to whoever reads it, the same for all of a customer's.
        name: the customer's own word for it, or what its maker is called.
        aaguid: its maker's number for the model; zeros where it says none.
        transports: how to reach it.
        backup_eligible: it may be copied to other devices (WebAuthn §6.1.3); this never changes.
        backed_up: it was, when it last spoke.
        attested: its model is proven by metadata that we trust.
        in_hardware: so is that the model keeps its keys in hardware.
        user_agent: of the browser that made it, which stands in for a name.
    """

    id: bytes
    public_key: bytes
    handle: bytes
    name: str = ""
    aaguid: str = ""
    transports: tuple[Transport, ...] = ()
    backup_eligible: bool = False
    backed_up: bool = False
    attested: bool = False
    in_hardware: bool = False
    user_agent: str = ""

    def __repr__(self) -> str:
        """Show nothing that a credential could be told by."""
        return f"Credential({self.name!r})"

    @property
    def authenticator(self) -> str:
        """Return what it is by RFC 8176: a key that cannot leave its device, or one that can be copied."""
        return SOFTWARE_KEY if self.backup_eligible else HARDWARE_KEY

    @property
    def is_bound(self) -> bool:
        """Tell whether it is proven to stay in its hardware. What is copied is not, whatever it attests."""
        return self.in_hardware and not self.backup_eligible

    def evidence(self, now: Instant, *, user_verified: bool) -> Evidence:
        """Return the proof that it gives."""
        return Evidence(self.authenticator, now, user_verified, self.is_bound)


@dataclass(frozen=True, slots=True)
class Key:
    """A stored credential, opened."""

    factor: StoredFactor
    credential: Credential

    @property
    def is_passkey(self) -> bool:
        """Tell whether it signs in by itself."""
        return self.factor.kind is FactorKind.PASSKEY


_credentials = msgspec.json.Decoder(Credential)


def seal_credential(vault: Sealer, factor_id: FactorId, credential: Credential) -> bytes:
    """Return *credential* as it is stored."""
    return vault.seal(_FIELD, factor_id, encode_json(credential))


def open_credential(vault: Sealer, factor: StoredFactor) -> Credential:
    """Return what is known of a stored passkey or security key.

    Raises:
        Corrupted: it was changed, moved, or sealed for somebody else.
    """
    return _credentials.decode(vault.unseal(_FIELD, factor.id, factor.sealed))


def opened(vault: Sealer, factors: Iterable[StoredFactor]) -> tuple[Key, ...]:
    """Return the passkeys and security keys among *factors*, opened."""
    return tuple([Key(factor, open_credential(vault, factor)) for factor in keys(factors)])


def credential_digest(credential_id: bytes) -> bytes:
    """Return by what a credential is found."""
    return sha256(credential_id)


def tenant_tag(tenant_id: TenantId) -> bytes:
    """Return how every user handle of a tenant begins.

    Tenants on one host share the browser's passkeys. By this a credential of another tenant is told from one that was
    removed here, which the browser may be told to forget.
    """
    return sha256(f"limen.passkeys:{tenant_id}".encode())[:_TAG_BYTES]
