"""Verifying our own tokens, fast (RFC 9068 §4, RFC 8725).

The header segment is looked up among the few that we write (:attr:`~limen.access.jose.keyset.KeySet.heads`), which
settles key, algorithm and type before anything is parsed. A verified token is remembered by its hash, which saves the
signature check, never the check of times.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from limen.access.jose.compact import MAX_TOKEN_BYTES, split, strict_object
from limen.access.jose.keyset import KeySet
from limen.access.jose.signer import TokenType
from limen.kernel.clock import SECOND, Clock, Instant, micros
from limen.kernel.encoding import sha256
from limen.kernel.errors import Expired, Refusal, Unauthenticated

CODE = "invalid_token"
"""The public code of every refusal here (RFC 6750 §3.1)."""

OPAQUE = "at_"
"""What an opaque token begins with; a JWT begins with ``ey``."""
OpenToken = Callable[[str], dict[str, Any] | None]
"""An opaque token to its claims; None if it is not ours."""

DEFAULT_SKEW = timedelta(seconds=5)
_MAX_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that we signed. ``claims`` is frozen to its depths: arrays are tuples, objects are read-only mappings."""

    claims: Mapping[str, Any]
    audiences: tuple[str, ...]
    not_before: Instant
    expires_at: Instant


class AccessTokenVerifier:
    """Verifies the access tokens of one tenant. One per worker and tenant; not for several threads."""

    def __init__(  # noqa: PLR0913 - all but three have defaults
        self,
        issuer: str,
        keyset: KeySet,
        clock: Clock,
        cache_size: int = 10_000,
        skew: timedelta = DEFAULT_SKEW,
        opaque: OpenToken | None = None,
    ) -> None:
        """Prepare for *issuer*.

        Args:
            issuer: what ``iss`` must be.
            keyset: the tenant's keys; give the verifier later ones by :meth:`use_keys`.
            clock: where the present comes from.
            cache_size: how many verified tokens to remember, about 3 KB each; 0 remembers none.
            skew: how far another worker's clock may run ahead (``iat``, ``nbf``), at most a minute. ``exp`` gets none.
            opaque: reads the tokens of ours that are no JWTs; without it there are none.
        """
        self._opaque = opaque
        self._issuer = issuer
        self._keyset = keyset
        self._clock = clock
        self._cache_size = cache_size
        self._skew = micros(min(skew, _MAX_SKEW))
        self._cache: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    def use_keys(self, keyset: KeySet) -> None:
        """Verify with *keyset* from now on; what other keys verified is forgotten."""
        if keyset.etag != self._keyset.etag:
            self._cache.clear()
        self._keyset = keyset

    def verify(self, token: str, audience: str | None = None) -> VerifiedToken | Refusal:
        """Check *token* and return what it says, or why not.

        Whether it was revoked is another question. No input raises.

        Args:
            token: an access token as it was presented.
            audience: what ``aud`` must contain; None accepts any of ours (introspection).
        """
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            return _refused("too long, or not ASCII")
        digest = sha256(token.encode("ascii"))
        known = self._cache.get(digest)
        if known is None:
            fresh = self._read(token)
            if isinstance(fresh, Refusal):
                return fresh
            known = fresh
        refusal = self._untimely(known, digest)
        if refusal is not None:
            return refusal
        self._remember(digest, known)
        if audience is not None and audience not in known.audiences:
            return _refused("for another audience")
        return known

    def _read(self, token: str) -> VerifiedToken | Refusal:
        if self._opaque is None or not token.startswith(OPAQUE):
            return read_own_token(token, self._keyset, self._issuer, TokenType.ACCESS)
        claims = self._opaque(token)
        return (
            _refused("not an opaque token of ours")
            if claims is None
            else _shaped(claims, self._issuer, TokenType.ACCESS)
        )

    def _untimely(self, token: VerifiedToken, digest: bytes) -> Refusal | None:
        now = self._clock.now()
        if token.expires_at <= now:
            self._cache.pop(digest, None)
            return Expired(CODE, "expired")
        if token.not_before > now + self._skew:
            return _refused("not valid yet")
        return None

    def _remember(self, digest: bytes, token: VerifiedToken) -> None:
        if not self._cache_size:
            return
        self._cache[digest] = token
        self._cache.move_to_end(digest)
        if len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)


def read_own_token(token: str, keyset: KeySet, issuer: str, typ: TokenType) -> VerifiedToken | Refusal:
    """Check signature, type, issuer and shape of a token of ours, but not its times nor its audience.

    Alone it serves ``id_token_hint`` (OpenID Connect RP-Initiated Logout §2), which may be expired.
    """
    parts = split(token)
    if parts is None:
        return _refused("not a signed token")
    head = keyset.heads.get(parts.header_segment)
    if head is None:
        return _refused("not a header of ours")
    if head[0] is not typ:
        return _refused("a token of another type")
    if not head[1].is_signature(parts.signature, parts.signing_input):
        return _refused("bad signature")
    claims = strict_object(parts.payload_segment)
    if claims is None:
        return _refused("not a claims set")
    return _shaped(claims, issuer, typ)


_TEXTS = {
    TokenType.ACCESS: ("sub", "client_id", "jti"),  # RFC 9068 §2.2
    TokenType.ID: ("sub",),  # OpenID Connect Core §2
    TokenType.LOGOUT: ("jti",),  # OpenID Connect Back-Channel Logout §2.4
}


def _shaped(claims: dict[str, Any], issuer: str, typ: TokenType) -> VerifiedToken | Refusal:
    if claims.get("iss") != issuer:
        return _refused("another issuer")
    audience = claims.get("aud")
    audiences: list[Any] = audience if isinstance(audience, list) else [audience]
    times: list[Any] = [claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)]
    texts = [*audiences, *(claims.get(name) for name in _TEXTS.get(typ, ()))]
    are_right = all(type(time) is int for time in times) and all(isinstance(text, str) for text in texts)
    if not are_right or not audiences:
        return _refused("a claim is missing or of the wrong type")
    expires, issued, begins = times
    return VerifiedToken(
        claims=_frozen(claims),
        audiences=tuple(audiences),
        not_before=max(issued, begins) * SECOND,
        expires_at=expires * SECOND,
    )


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({name: _frozen(member) for name, member in value.items()})
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(CODE, detail)
