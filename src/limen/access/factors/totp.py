"""Time-based one-time passwords (RFC 6238 on RFC 4226), and the URI by which an app learns its secret.

Six digits and steps of 30 seconds, since many apps read no other values from the URI.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from limen.identity.tenants.records import TotpAlgorithm
from limen.kernel.clock import SECOND, Instant
from limen.kernel.entropy import Entropy
from limen.kernel.masked import Masked

STEP_SECONDS: Final = 30
DIGITS: Final = 6
DRIFT: Final = 1
"""Steps before and behind that are accepted for slow fingers and clocks that differ (RFC 6238 §5.2, §6)."""

_LONGEST_ISSUER: Final = 40
"""It stands in the URI twice, each character as up to twelve; a QR code has its limits."""
_HASHES: Final[dict[TotpAlgorithm, Callable[..., Any]]] = {
    "SHA1": hashlib.sha1,
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
}
_SECRET_BYTES: Final[dict[TotpAlgorithm, int]] = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
"""As long as the hash (RFC 4226 §4 R6, RFC 6238 appendix B)."""


class Totp(Masked, msgspec.Struct, frozen=True):
    """A shared secret and how codes are made of it."""

    secret: bytes
    algorithm: TotpAlgorithm = "SHA1"

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Totp({self.algorithm})"

    @property
    def base32(self) -> str:
        """Return the secret as it is typed by hand (RFC 4648 §6), without padding."""
        return base64.b32encode(self.secret).decode().rstrip("=")

    def code(self, step: int, digits: int = DIGITS) -> str:
        """Return the code of a time *step* (RFC 4226 §5.3)."""
        mac = hmac.digest(self.secret, step.to_bytes(8, "big"), _HASHES[self.algorithm])
        offset = mac[-1] & 0xF
        number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
        return str(number % 10**digits).zfill(digits)

    def matching_step(self, typed: str, now: Instant) -> int | None:
        """Return the newest step around *now* whose code was *typed*, or None. Each step is compared, in constant time.

        Whether the step was used before is the store's question.
        """
        present, found = step_at(now), None
        for step in range(present - DRIFT, present + DRIFT + 1):
            if hmac.compare_digest(self.code(step).encode(), typed.encode()):
                found = step
        return found

    def uri(self, issuer: str, account: str) -> str:
        """Return the ``otpauth`` URI that apps read from a QR code."""
        issuer = issuer.replace(":", " ")[:_LONGEST_ISSUER]
        label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
        query = {
            "secret": self.base32,
            "issuer": issuer,
            "algorithm": self.algorithm,
            "digits": DIGITS,
            "period": STEP_SECONDS,
        }
        return f"otpauth://totp/{label}?{urlencode(query, quote_via=quote)}"


def new_totp(entropy: Entropy, algorithm: TotpAlgorithm) -> Totp:
    """Return a fresh secret for *algorithm*."""
    return Totp(entropy.bytes(_SECRET_BYTES[algorithm]), algorithm)


def step_at(now: Instant) -> int:
    """Return the time step of an instant (RFC 6238 §4.2)."""
    return now // (STEP_SECONDS * SECOND)
