"""A browser, a session and the evidence behind it."""

from dataclasses import dataclass
from typing import Protocol

import msgspec

from limen.access.clients.records import ClientDocument
from limen.kernel.clock import DAY, Instant
from limen.kernel.ids import BrowserId, CustomerId, SessionId
from limen.kernel.masked import Masked

PASSWORD = "pwd"
"""RFC 8176's name for a password."""
MAILBOX = "email"
"""Our name for a proven mailbox; RFC 8176 has none, and SP 800-63B-4 §3.1.3.1 counts it for no assurance level."""


OTP = "otp"
"""RFC 8176's name for a one-time code."""
RECOVERY_CODE = "recovery_code"
"""Our name for a look-up secret; RFC 8176 has none."""
HARDWARE_KEY = "hwk"
"""RFC 8176's name for a key that cannot leave its device."""
SOFTWARE_KEY = "swk"
"""RFC 8176's name for one that can."""
KEYS = frozenset({HARDWARE_KEY, SOFTWARE_KEY})
"""Passkeys and security keys."""
SMS = "sms"
"""RFC 8176's name for a code by short message."""
MAILED_CODE = "email_code"
"""Our name for a mailed code as a second step; it bears no assurance level, as a mailbox does not."""
SECOND_FACTORS = frozenset({OTP, RECOVERY_CODE, SMS, MAILED_CODE})
"""What stands beside a password."""
BROWSER_UNSEEN = 7 * DAY
"""So long a browser is kept where nobody signed in, and known by its first secret while nothing is stored of it.

No younger one is deleted before: its first secret would count again, whatever secret it has now.
"""


class Evidence(msgspec.Struct, frozen=True):
    """One proof: which authenticator spoke, when, and whether it verified the user.

    ``authenticator`` uses the values of RFC 8176 (``pwd``, ``otp``, ``hwk`` …), with ours for a proven mailbox.
    ``user_verified``: by a PIN or a biometric at the authenticator. ``key_bound``: its private key is attested not to
    leave the device. ``restricted``: the tenant, when it was proven, counted it for no assurance level
    (SP 800-63B-4 §3.2.9).
    """

    authenticator: str
    at: Instant
    user_verified: bool = False
    key_bound: bool = False
    restricted: bool = False


class Browser(msgspec.Struct, frozen=True):
    """One browser that holds our cookie ``{id}.{secret}``; only the secret's SHA-256 is stored."""

    id: BrowserId
    secret_hash: bytes
    created_at: Instant
    seen_at: Instant


class Session(Masked, msgspec.Struct, frozen=True):
    """One customer signed in at one browser. ``sid`` is public and random (OIDC Front-Channel Logout §3).

    ``sealed`` is a :class:`Surroundings` under the customer's key; empty where nothing is known.
    """

    id: SessionId
    sid: str
    browser_id: BrowserId
    customer_id: CustomerId
    evidence: tuple[Evidence, ...]
    created_at: Instant
    seen_at: Instant
    expires_at: Instant
    ended_at: Instant | None = None
    sealed: bytes = b""

    def __repr__(self) -> str:
        """Show nothing of the surroundings, however they are sealed."""
        return f"Session({self.id})"

    @property
    def authenticated_at(self) -> Instant:
        """Return when the customer last proved who they are (``auth_time``)."""
        return max(piece.at for piece in self.evidence)

    @property
    def amr(self) -> tuple[str, ...]:
        """Return the authentication methods, oldest first, each once (RFC 8176)."""
        return tuple(dict.fromkeys([piece.authenticator for piece in self.evidence]))

    def is_live(self, now: Instant, idle: int) -> bool:
        """Tell whether the session counts at *now*, with an *idle* limit in microseconds."""
        return self.ended_at is None and now < self.expires_at and now - self.seen_at < idle

    def renewed(
        self, evidence: tuple[Evidence, ...], now: Instant, expires_at: Instant, sealed: bytes = b""
    ) -> "Session":
        """Return the session resting on fresh *evidence*; ``sealed`` stays where there is nothing newer."""
        return msgspec.structs.replace(
            self, evidence=evidence, seen_at=now, expires_at=expires_at, sealed=sealed or self.sealed
        )


class Surroundings(Masked, msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a session: how the browser called itself, and the network it came from, as a CIDR block."""

    user_agent: str = ""
    network: str = ""

    def __repr__(self) -> str:
        """Show nothing personal."""
        return "Surroundings(****)"


class Seals(Protocol):
    """What sessions ask of a customer's vault (``keyring.SubjectVault``)."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return the envelope."""
        ...

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return the plaintext."""
        ...


_FIELD = "session.surroundings"
_surroundings = msgspec.json.Decoder(Surroundings)


def seal_surroundings(vault: Seals, session_id: SessionId, seen: Surroundings) -> bytes:
    """Return *seen* as it is stored."""
    return vault.seal(_FIELD, session_id, msgspec.json.encode(seen))


def open_surroundings(vault: Seals, session: Session) -> Surroundings:
    """Return where a session was proven.

    Raises:
        Corrupted: it was changed, moved, or sealed for somebody else.
    """
    if not session.sealed:
        return Surroundings()
    return _surroundings.decode(vault.unseal(_FIELD, session.id, session.sealed))


@dataclass(frozen=True, slots=True)
class Party:
    """A relying party that had tokens for a session. ``subject`` is the customer's public ``sub``."""

    sid: str
    subject: str
    customer_id: CustomerId
    client_id: str
    document: ClientDocument
