"""Grants, codes and families, and what an atomic step on them can answer."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.ids import ClientKey, CustomerId, FamilyId, GrantId, SessionId


class Grant(msgspec.Struct, frozen=True):
    """What a customer allows a client: the remembered consent, one row per (customer, client)."""

    id: GrantId
    customer_id: CustomerId
    client: ClientKey
    scopes: tuple[str, ...]
    created_at: Instant
    updated_at: Instant


class Confirmation(msgspec.Struct, frozen=True, gc=False):
    """The key that a token is bound to, as its ``cnf`` names it (RFC 7800 §3.1).

    Attributes:
        method: ``jkt`` for a DPoP key (RFC 9449 §6.1) or ``x5t#S256`` for a client certificate (RFC 8705 §3.1).
        value: base64url of the SHA-256 of either.
    """

    method: Literal["jkt", "x5t#S256"]
    value: str

    @property
    def text(self) -> str:
        """Return it as codes and families are stored with: ``jkt:…``."""
        return f"{self.method}:{self.value}"


@dataclass(frozen=True, slots=True)
class Use:
    """Something that may be used once, over all workers, by what it is and SHA-256 of it.

    ``until`` is when it would not pass any more for other reasons, and can be forgotten.
    """

    kind: str
    digest: bytes
    until: Instant


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an authorization request settled beyond scopes; it goes with the code into the family and its tokens.

    Nothing personal may be in it: it is stored open. ``resources`` are the resource servers that were asked for
    (RFC 8707 §2); empty for those that the client has by default. ``details`` are the ``authorization_details`` that
    were granted (RFC 9396), which may be personal: sealed under the customer's key (``access.tokens.details``); empty
    for none. ``userinfo_claims`` and ``id_token_claims`` are the names of single claims that were asked for (OpenID
    Connect Core §5.5).
    """

    resources: tuple[str, ...] = ()
    details: str = ""
    userinfo_claims: tuple[str, ...] = ()
    id_token_claims: tuple[str, ...] = ()


class Authentication(msgspec.Struct, frozen=True):
    """What tokens say about the sign-in they rest on, and its ``terms``.

    Nothing personal: ``sub`` and ``sid`` are random.
    """

    subject: str
    sid: str
    auth_time: int
    amr: tuple[str, ...] = ()
    acr: str = ""
    terms: Terms = Terms()


NO_CHALLENGE: Final = "none"
"""The challenge of a code that was asked for without one (OAuth 2.1 §7.5.1).

It is no SHA-256 in base64url, so that no verifier fits it, and not empty, as is that of what is answered on another
device.
"""


class AuthorizationCode(msgspec.Struct, frozen=True):
    """A code waiting to be redeemed; only its SHA-256 is stored.

    ``challenge`` is that of PKCE, or :data:`NO_CHALLENGE`; empty for what is redeemed by another grant than a code's.
    ``confirmation`` is the key that must be shown with it (RFC 9449 §10), as :attr:`Confirmation.text`; empty for none.
    """

    code_hash: bytes
    grant_id: GrantId
    session_id: SessionId
    customer_id: CustomerId
    client: ClientKey
    redirect_uri: str
    challenge: str
    nonce: str
    scopes: tuple[str, ...]
    authentication: Authentication
    created_at: Instant
    expires_at: Instant
    confirmation: str = ""


class Redemption(StrEnum):
    """What came of presenting a code."""

    REDEEMED = "redeemed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    MISMATCHED = "mismatched"
    REPLAYED = "replayed"
    ENDED = "ended"


class RedeemCode(msgspec.Struct, frozen=True, gc=False):
    """The atomic step "redeem this code into this family".

    ``refresh_hash`` is SHA-256 of the first refresh token; it is stored only if the code's scopes include
    ``offline_access``. ``confirmation`` is the key that was shown; with ``binds`` the family is bound to it.
    """

    code_hash: bytes
    client: ClientKey
    client_id: str
    redirect_uri: str
    challenge: str
    family_id: FamilyId
    refresh_hash: bytes
    refresh_allowed: bool
    idle_until: Instant
    family_expires_at: Instant
    request_id: str = ""
    confirmation: str = ""
    binds: bool = False


class RedeemedCode(msgspec.Struct, frozen=True, gc=False):
    """The answer: with ``REDEEMED``, what the tokens are to say."""

    outcome: Redemption
    family_id: str = ""
    customer_id: str = ""
    scopes: tuple[str, ...] = ()
    nonce: str = ""
    authentication: Authentication | None = None
    has_refresh: bool = False


class RotationOutcome(StrEnum):
    """What came of presenting a refresh token whose MAC is right."""

    ROTATED = "rotated"
    RETRIED = "retried"
    REUSED = "reused"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    ENDED = "ended"
    WRONG_KEY = "wrong_key"


@dataclass(frozen=True, slots=True)
class FamilyView:
    """What a family holds, read without touching it."""

    customer_id: str
    scopes: tuple[str, ...]
    authentication: Authentication


class RotateToken(msgspec.Struct, frozen=True, gc=False):
    """The atomic step "this refresh token for its successor".

    ``grace`` is in microseconds. Where a client does not rotate, a token follows itself. ``confirmation`` is the key
    that was shown; who has not the family's can do nothing with its tokens, not even end it.
    """

    family_id: FamilyId
    client: ClientKey
    client_id: str
    generation: int
    presented_hash: bytes
    successor_hash: bytes
    grace: int
    idle_until: Instant
    request_id: str = ""
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class RotatedToken:
    """The answer: with ``ROTATED`` or ``RETRIED``, what the tokens are to say."""

    outcome: RotationOutcome
    customer_id: str = ""
    scopes: tuple[str, ...] = ()
    authentication: Authentication | None = None


@dataclass(frozen=True, slots=True)
class Revocations:
    """What was revoked since an instant: access tokens by ``jti``, families, and ``valid_after`` by subject."""

    tokens: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    subjects: dict[str, Instant] = field(default_factory=dict)
