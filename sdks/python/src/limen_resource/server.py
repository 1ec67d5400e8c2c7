"""A resource server: may this call pass, and if not, what would let it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from limen_resource.keys import IssuerKeys
from limen_resource.proof import ALGORITHMS, FirstUse, check_proof, digest
from limen_resource.records import Call, Challenge, Need, Token

SKEW = 5
"""Seconds by which the issuer's clock may be ahead of ours."""
_LONGEST = 16_384
_MOST_PROOFS = 100_000
_ANYTHING = Need()


class ResourceServer:
    """Checks the access tokens of one API, by RFC 9068 §4."""

    def __init__(  # noqa: PLR0913 - what is rarely needed is named
        self,
        audience: str,
        keys: IssuerKeys,
        *,
        url: str = "",
        metadata: str = "",
        clock: Callable[[], float] = time.time,
        first_use: FirstUse | None = None,
    ) -> None:
        """Guard the API named *audience*.

        Args:
            audience: what ``aud`` must contain.
            keys: the issuer's.
            url: what stands before a call's path as clients write it, for DPoP; the audience unless given. It is
                never taken from a header.
            metadata: where this API's metadata is (RFC 9728), which every challenge then tells; Limen has it at
                ``{issuer}/resource-metadata?resource=…``, for who is registered as a resource server there.
            clock: the present in epoch seconds.
            first_use: remembers used proofs; in this process unless given.
        """
        self.audience = audience
        self.keys = keys
        self._url = (url or audience).rstrip("/")
        self._metadata = metadata
        self._clock = clock
        self._first_use = first_use or UsedProofs(clock).first_use

    def check(self, call: Call, need: Need | None = None) -> Token | Challenge:
        """Return the token that *call* shows if it meets *need*; else the challenge to answer with.

        Raises:
            KeysUnavailable: the issuer's keys cannot be had; answer 503.
        """
        outcome = self._checked(call, need or _ANYTHING)
        return outcome if isinstance(outcome, Token) or not self._metadata else _pointing(outcome, self._metadata)

    def _checked(self, call: Call, need: Need) -> Token | Challenge:
        scheme, _, text = call.headers.get("authorization", "").partition(" ")
        scheme, text = scheme.lower(), text.strip()
        if scheme not in {"bearer", "dpop"} or not text:
            return _challenge(401, "Bearer", **({"scope": " ".join(need.scopes)} if need.scopes else {}))
        claims = self._claims(text)
        if claims is None:
            return _challenge(401, _named(scheme), "invalid_token")
        refused = self._unproven(call, scheme, text, claims, need)
        return refused or self._insufficient(scheme, claims, need) or _token(claims)

    def _claims(self, text: str) -> Mapping[str, Any] | None:
        """Return what a token says, if it is the issuer's, for us, and now (RFC 9068 §4)."""
        if len(text) > _LONGEST or text.count(".") != 2:
            return None
        try:
            token = jwt.decode(text, _NoKey(self.keys).choose, algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            return None
        claims, now = token.claims, self._clock()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        times = [claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)]
        if str(token.header.get("typ", "")).lower() not in {"at+jwt", "application/at+jwt"}:
            return None
        if claims.get("iss") != self.keys.issuer or self.audience not in audiences:
            return None
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in times):
            return None
        expires, *begun = map(float, times)
        return claims if expires > now and max(begun) <= now + SKEW else None

    def _unproven(self, call: Call, scheme: str, text: str, claims: Mapping[str, Any], need: Need) -> Challenge | None:
        """Hold a bound token against the key that the sender shows."""
        confirmation = claims.get("cnf") or {}
        thumbprint, certificate = confirmation.get("jkt"), confirmation.get("x5t#S256")
        if (thumbprint is None) != (scheme == "bearer"):  # a bound token is no bearer token (RFC 9449 §7.2)
            return _challenge(401, "DPoP" if thumbprint else _named(scheme), "invalid_token")
        if thumbprint is not None:
            asked = (call.method, self._url + call.path)
            shown = check_proof(call.headers.get("dpop", ""), asked, text, self._clock(), self._first_use)
            if shown != thumbprint:
                return _challenge(401, "DPoP", "invalid_dpop_proof")
        if certificate is not None and (call.certificate is None or digest(call.certificate) != certificate):
            return _challenge(401, _named(scheme), "invalid_token")
        if need.bound and thumbprint is None and certificate is None:
            return _challenge(401, "DPoP", "invalid_token")
        return None

    def _insufficient(self, scheme: str, claims: Mapping[str, Any], need: Need) -> Challenge | None:
        """Ask for a stronger or fresher sign-in (RFC 9470 §3), or for more scopes (RFC 6750 §3.1)."""
        stale = need.max_age is not None and self._clock() - _number(claims.get("auth_time")) > need.max_age
        weak = bool(need.acr_values) and claims.get("acr") not in need.acr_values
        if stale or weak:
            wanted = {"acr_values": " ".join(need.acr_values)} if need.acr_values else {}
            if need.max_age is not None:
                wanted["max_age"] = str(need.max_age)
            return _challenge(401, _named(scheme), "insufficient_user_authentication", **wanted)
        if not set(need.scopes) <= set(str(claims.get("scope", "")).split()):
            return _challenge(403, _named(scheme), "insufficient_scope", scope=" ".join(need.scopes))
        return None


class UsedProofs:
    """Remembers used proofs in this process for as long as they would pass again."""

    def __init__(self, clock: Callable[[], float], most: int = _MOST_PROOFS) -> None:
        """Hold at most *most*: beyond it, every proof is refused until some have run out."""
        self._clock, self._most = clock, most
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def first_use(self, used: str, until: float) -> bool:
        """Tell whether *used* is seen for the first time."""
        with self._lock:
            if len(self._used) >= self._most:
                now = self._clock()
                self._used = {one: end for one, end in self._used.items() if end > now}
            if used in self._used or len(self._used) >= self._most:
                return False
            self._used[used] = until
            return True


class _NoKey:
    """Chooses a key by the header's ``kid`` alone."""

    def __init__(self, keys: IssuerKeys) -> None:
        self._keys = keys

    def choose(self, token: Any) -> Any:
        kid, alg = token.headers().get("kid"), token.headers().get("alg")
        found = [key for key in self._keys.get(kid).keys if key.kid == kid and key.get("alg", alg) == alg]
        if len(found) != 1:
            msg = "no key of the issuer's"
            raise ValueError(msg)
        return found[0]


def _pointing(challenge: Challenge, metadata: str) -> Challenge:
    """Return *challenge* with where the metadata is (RFC 9728 §5.1)."""
    said = challenge.headers["www-authenticate"]
    told = f'{said}{"," if " " in said else ""} resource_metadata="{metadata}"'
    return replace(challenge, headers={**challenge.headers, "www-authenticate": told})


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("-inf")


def _token(claims: Mapping[str, Any]) -> Token:
    scopes = frozenset(str(claims.get("scope", "")).split())
    return Token(str(claims.get("sub", "")), str(claims.get("client_id", "")), scopes, claims)


def _named(scheme: str) -> str:
    return "DPoP" if scheme == "dpop" else "Bearer"


def _challenge(status: int, scheme: str, error: str = "", **parameters: str) -> Challenge:
    given = ({"error": error} if error else {}) | parameters
    if scheme == "DPoP":
        given["algs"] = " ".join(ALGORITHMS)
    said = ", ".join(f'{name}="{value}"' for name, value in given.items())
    return Challenge(status, {"www-authenticate": f"{scheme} {said}".strip()}, error)
