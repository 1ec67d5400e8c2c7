"""A factor, as the domain sees one and as the database does."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

import msgspec

from limen.access.factors.totp import Totp
from limen.kernel.clock import Instant
from limen.kernel.encoding import encode_json
from limen.kernel.ids import CustomerId, FactorId
from limen.kernel.masked import Masked

LONGEST_NAME = 60
MOST_APPS = 5
"""How many authenticator apps a customer may have: each is one more code that a guess may hit."""

_FIELD = "factor.totp"


class FactorKind(StrEnum):
    """What a factor is."""

    TOTP = "totp"
    RECOVERY = "recovery"
    PASSKEY = "passkey"
    SECURITY_KEY = "security_key"
    PHONE = "phone"
    EMAIL = "email"


class TotpSecret(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """What is sealed of an authenticator app. ``name`` is the customer's own, and may be empty."""

    totp: Totp
    name: str = ""


class StoredFactor(Masked, msgspec.Struct, frozen=True):
    """A factor as stored. A struct, since whoever has recovery codes has eleven, and a sign-in reads them four times.

    Attributes:
        sealed: a :class:`TotpSecret`, a :class:`limen.access.passkeys.records.Credential` or a
            :class:`limen.access.factors.phone.Phone` under the customer's own key; empty for what holds no secret.
        digest: the keyed hash of a recovery code; the SHA-256 of a credential id; the blind index of a phone's number;
            else None.
        last_used_at: for a recovery code, when it was spent.
        last_step: the last time step whose code was accepted (RFC 6238 §5.2); the signature counter of a passkey or
            security key (WebAuthn §6.1.1); 0 for a recovery code.
    """

    id: FactorId
    customer_id: CustomerId
    kind: FactorKind
    sealed: bytes
    digest: bytes | None
    created_at: Instant
    last_used_at: Instant | None = None
    last_step: int = 0

    def __repr__(self) -> str:
        """Show nothing that is secret, sealed or not."""
        return f"StoredFactor({self.id!r}, {self.kind.value})"

    @property
    def is_app(self) -> bool:
        """Tell whether this is an authenticator app."""
        return self.kind is FactorKind.TOTP

    @property
    def is_key(self) -> bool:
        """Tell whether this is a passkey or a security key."""
        return self.kind in _KEYS


_KEYS = frozenset((FactorKind.PASSKEY, FactorKind.SECURITY_KEY))
_NO_STEPS = frozenset((FactorKind.RECOVERY, FactorKind.PASSKEY))


class Sealer(Protocol):
    """What this package asks of a customer's vault (``keyring.SubjectVault``)."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return the envelope."""
        ...

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return the plaintext."""
        ...


def seal_secret(vault: Sealer, factor_id: FactorId, secret: TotpSecret) -> bytes:
    """Return *secret* as it is stored."""
    return vault.seal(_FIELD, factor_id, encode_json(secret))


def open_secret(vault: Sealer, factor: StoredFactor) -> TotpSecret:
    """Return what an authenticator app holds.

    Raises:
        Corrupted: it was changed, moved, or sealed for somebody else.
    """
    return _secrets.decode(vault.unseal(_FIELD, factor.id, factor.sealed))


_secrets = msgspec.json.Decoder(TotpSecret)


def apps(factors: Iterable[StoredFactor]) -> tuple[StoredFactor, ...]:
    """Return the authenticator apps among *factors*."""
    return tuple([factor for factor in factors if factor.kind is FactorKind.TOTP])


def second_steps(factors: Iterable[StoredFactor]) -> tuple[StoredFactor, ...]:
    """Return those that make a sign-in one of two steps. Recovery codes stand in for them, and go with the last.

    A passkey is a sign-in of its own. It answers where a second step is asked for, and asks for none by being there:
    whoever has one on one device still signs in with a password on another.
    """
    return tuple([factor for factor in factors if factor.kind not in _NO_STEPS])


def passkeys(factors: Iterable[StoredFactor]) -> tuple[StoredFactor, ...]:
    """Return the passkeys among *factors*."""
    return tuple([factor for factor in factors if factor.kind is FactorKind.PASSKEY])


def keys(factors: Iterable[StoredFactor]) -> tuple[StoredFactor, ...]:
    """Return the passkeys and security keys among *factors*."""
    return tuple([factor for factor in factors if factor.kind in _KEYS])


def codes_left(factors: Iterable[StoredFactor]) -> int:
    """Return how many recovery codes are not spent."""
    return sum([factor.kind is FactorKind.RECOVERY and factor.last_used_at is None for factor in factors])
