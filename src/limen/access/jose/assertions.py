"""Verifying what clients prove themselves with: ``private_key_jwt`` and ``client_secret_jwt``.

RFC 7523 §3, OpenID Connect Core §9.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from limen.access.jose.foreign import ClientKeys, ClientSecrets, signed_claims
from limen.access.jose.registered_claims import good_until, is_for_us_alone, token_name
from limen.kernel.clock import MINUTE, Clock, Instant
from limen.kernel.errors import Refusal, Unauthenticated

CODE: Final = "invalid_client"
"""The public code of every refused assertion (RFC 6749 §5.2)."""
_TYPES: Final = (None, "jwt", "client-authentication+jwt")  # RFC 7519 §5.1; RFC 7523bis §4
_LONGEST_LIFE: Final = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A proof that its maker holds the client's key.

    ``expires_at`` is the instant until which the same assertion would pass again: remember ``jti`` for as long.
    """

    client_id: str
    jti: str
    expires_at: Instant


class ClientAssertionVerifier:
    """Verifies assertions made for one tenant."""

    __slots__ = ("_audiences", "_clock")

    def __init__(self, audiences: Collection[str], clock: Clock) -> None:
        """Accept assertions addressed to *audiences*: the issuer, and the endpoints that clients use as ``aud``."""
        self._audiences = frozenset(audiences)
        self._clock = clock

    def verify(
        self, assertion: str, client_id: str, keys: ClientKeys | ClientSecrets, only: str = ""
    ) -> ClientAssertion | Refusal:
        """Check that *client_id* made *assertion*, for us, just now. No input raises.

        Whether its ``jti`` was seen before is the caller's question. With *only*, the audience is that one string and
        nothing else (FAPI 2.0 Security Profile §5.3.2.1).
        """
        claims = signed_claims(assertion, keys, _TYPES)
        if isinstance(claims, Refusal):
            return _refused(claims.detail)
        if only and claims.get("aud") != only:
            return _refused("aud is not the issuer as a string (FAPI 2.0 Security Profile section 5.3.2.1)")
        return self._read(claims, client_id)

    def _read(self, claims: Mapping[str, Any], client_id: str) -> ClientAssertion | Refusal:
        if claims.get("iss") != client_id or claims.get("sub") != client_id:
            return _refused("iss and sub are not the client")
        if not is_for_us_alone(claims, self._audiences):
            return _refused("not addressed to us alone")
        jti = token_name(claims)
        if jti is None:
            return _refused("jti is missing or too long")
        until = good_until(claims, self._clock.now(), _LONGEST_LIFE)
        return _refused(until.detail) if isinstance(until, Refusal) else ClientAssertion(client_id, jti, until)


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(CODE, detail)
