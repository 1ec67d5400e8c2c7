"""Verifying what others sign: clients, trusted issuers, publishers of software (RFC 7515, RFC 8725).

What such a token says of itself is read in :mod:`limen.access.jose.registered_claims`. joserfc checks the signature.
Before it works, the token is taken apart strictly, the algorithm is held against the list and against the key, and
exactly one key is chosen.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from limen.access.jose.compact import CompactJws, split, strict_object
from limen.kernel.errors import Invalid, Refusal

ASSERTION_ALGORITHMS: Final = frozenset(
    {"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"}
)
"""What a client may be allowed: signatures only, so that no public key can be taken for an HMAC secret."""

MAC_ALGORITHMS: Final[Mapping[str, tuple[str, int]]] = {
    "HS256": ("sha256", 32),
    "HS384": ("sha384", 48),
    "HS512": ("sha512", 64),
}
"""For ``client_secret_jwt``: the digest, and the least bytes of a secret (RFC 7518 §3.2). Never beside signatures."""

_MAX_KEYS = 20
_RSA_BITS = range(2048, 4096 + 1)  # below is weak (RFC 7518 §3.3), above is a way to keep us busy
_KINDS: Mapping[str, tuple[type[ECKey | RSAKey | OKPKey], Collection[str]]] = {
    "ES256": (ECKey, {"P-256"}),
    "ES384": (ECKey, {"P-384"}),
    "ES512": (ECKey, {"P-521"}),
    "EdDSA": (OKPKey, {"Ed25519"}),
    "Ed25519": (OKPKey, {"Ed25519"}),
}
_Key = ECKey | RSAKey | OKPKey


class _PinnedRegistry(jws.JWSRegistry):
    """joserfc's registry with one allowed algorithm, and without its warning that the name ``EdDSA`` is old."""

    def get_alg(self, name: str) -> Any:  # joserfc does not export the type
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """A client's registered public keys and the algorithms it may use; load once, keep with the client."""

    keys: tuple[_Key, ...]
    algorithms: frozenset[str]

    @classmethod
    def parse(cls, jwks: Mapping[str, Any], algorithms: Collection[str] = ASSERTION_ALGORITHMS) -> Self | Invalid:
        """Load a JWK set (RFC 7517 §5). Keys of unknown kinds and for encryption are passed over, as §5 asks.

        Returns:
            The keys, or ``Invalid("invalid_jwks")`` if none is of use, there are more than 20, or a private or
            symmetric key is among them.
        """
        members = jwks.get("keys")
        if not isinstance(members, list) or len(members) > _MAX_KEYS:
            return Invalid("invalid_jwks", "no list of at most 20 keys")
        if any(not isinstance(member, dict) or member.keys() & {"d", "k"} for member in members):
            return Invalid("invalid_jwks", "a secret where public keys belong")
        loaded = [key for member in members if (key := _load(member)) is not None]
        if not loaded:
            return Invalid("invalid_jwks", "no usable key")
        return cls(tuple(loaded), ASSERTION_ALGORITHMS.intersection(algorithms))


@dataclass(frozen=True, slots=True)
class ClientSecrets:
    """The secrets of a client that makes MACs with them, and the algorithms it may use."""

    secrets: tuple[bytes, ...] = field(repr=False)
    algorithms: frozenset[str] = frozenset(MAC_ALGORITHMS)


def parse_unverified_issuer(assertion: str) -> str | None:
    """Return who claims to have made *assertion*, to look up the keys that decide it; None if it is not readable."""
    parts = split(assertion)
    claims = strict_object(parts.payload_segment) if parts is not None else None
    issuer = claims.get("iss") if claims is not None else None
    return issuer if isinstance(issuer, str) else None


def signed_claims(
    text: str, keys: ClientKeys | ClientSecrets, types: Collection[str | None]
) -> dict[str, Any] | Refusal:
    """Return what a token says that one of *keys* signed, of one of *types* (lower case; None: none named).

    Times, issuer and audience are the caller's questions. No input raises.
    """
    parts = split(text)
    if parts is None:
        return _refused("not a signed token")
    refusal = _check_signature(text, parts, keys, types)
    if refusal is not None:
        return refusal
    claims = strict_object(parts.payload_segment)
    return _refused("not a claims set") if claims is None else claims


def _check_signature(
    assertion: str, parts: CompactJws, keys: ClientKeys | ClientSecrets, types: Collection[str | None]
) -> Refusal | None:
    header = strict_object(parts.header_segment.decode("ascii"))
    if header is None or header.keys() & {"crit", "b64"}:  # we understand no extension (RFC 7515 §4.1.11)
        return _refused("not a header")
    alg, typ = header.get("alg"), header.get("typ")
    if not isinstance(alg, str) or alg not in keys.algorithms:
        return _refused("an algorithm that the client may not use")
    if (typ.lower() if isinstance(typ, str) else typ) not in types:
        return _refused("a token of another type")
    if isinstance(keys, ClientSecrets):
        return None if _is_mac(parts, alg, keys.secrets) else _refused("bad MAC, or a secret too short for it")
    key = _choose(keys.keys, alg, header.get("kid"))
    if key is None:
        return _refused("not exactly one key fits")
    registry = _PinnedRegistry(algorithms=[alg], strict_check_header=False)
    try:
        jws.deserialize_compact(assertion, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        return _refused("bad signature")
    return None


def _is_mac(parts: CompactJws, alg: str, secrets: tuple[bytes, ...]) -> bool:
    digest, least = MAC_ALGORITHMS[alg]
    made = [hmac.digest(secret, parts.signing_input, digest) for secret in secrets if len(secret) >= least]
    return any([hmac.compare_digest(one, parts.signature) for one in made])  # noqa: C419 - all of them: no telling which


def _choose(keys: tuple[_Key, ...], alg: str, kid: object) -> _Key | None:
    """Return the one key for *alg* (and *kid*, if the header names one); None if there is none or a choice."""
    fitting = [key for key in keys if _fits(key, alg) and (kid is None or key.get("kid") == kid)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(key: _Key, alg: str) -> bool:
    if key.get("alg", alg) != alg:
        return False
    kind, curves = _KINDS.get(alg, (RSAKey, ()))
    return isinstance(key, kind) and (not curves or key.get("crv") in curves)


def _load(member: dict[str, Any]) -> _Key | None:
    """Load one public key, or None if it is of no use here."""
    try:
        if member.get("use", "sig") != "sig" or "verify" not in member.get("key_ops", ("verify",)):
            return None
        match member.get("kty"):
            case "EC":
                return ECKey.import_key(member)
            case "OKP":
                return OKPKey.import_key(member)
            case "RSA":
                key = RSAKey.import_key(member)
                return key if key.public_key.key_size in _RSA_BITS else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None


def _refused(detail: str) -> Invalid:
    return Invalid("invalid_token", detail)
