"""Encrypting what we say to a client, to a key of its own (RFC 7516, RFC 7518 §4, §5).

joserfc does the work. An algorithm is one that the client registered; a key is one that it published for encryption
(``use`` is ``enc``, or ``key_ops`` says so) and that fits; of several, the first, since the client can open any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from limen.kernel.errors import Misconfigured

KEY_ALGORITHMS: Final = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
"""No RSA1_5 (RFC 8725 §3.2), no symmetric secrets."""
CONTENT_ALGORITHMS: Final = ("A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512")
DEFAULT_CONTENT: Final = "A128CBC-HS256"
"""OpenID Connect Registration §2."""
_MAX_KEYS: Final = 20
_RSA_BITS: Final = range(2048, 4096 + 1)
_CURVES: Final = frozenset({"P-256", "P-384", "P-521", "X25519"})
_FOR_ENCRYPTION: Final = frozenset({"encrypt", "wrapKey", "deriveKey", "deriveBits"})
_Key = ECKey | RSAKey | OKPKey


@dataclass(frozen=True, slots=True)
class EncryptionKeys:
    """The public keys of a client to which something may be encrypted."""

    keys: tuple[_Key, ...]

    @classmethod
    def parse(cls, jwks: Mapping[str, Any]) -> Self:
        """Load those keys of a JWK set (RFC 7517 §5) that are for encryption and readable; others are passed over."""
        members = jwks.get("keys")
        listed = members[:_MAX_KEYS] if isinstance(members, list) else []
        loaded = (_load(member) for member in listed if isinstance(member, dict) and not member.keys() & {"d", "k"})
        return cls(tuple(key for key in loaded if key is not None))

    def has_one_for(self, alg: str) -> bool:
        """Tell whether something can be encrypted with *alg*, one of :data:`KEY_ALGORITHMS`."""
        return self._find(alg) is not None

    def encrypt(self, text: str, alg: str, enc: str, content_type: str = "JWT") -> str:
        """Return *text* as a compact JWE; ``cty`` says what is inside (RFC 7519 §5.2).

        Raises:
            Misconfigured: no key fits, though one did when the client was registered.
        """
        key = self._find(alg)
        if key is None:
            msg = "a client has no key to encrypt to"
            raise Misconfigured(msg, "the client has to publish one with use=enc")
        method = enc or DEFAULT_CONTENT
        header = {"alg": alg, "enc": method, "cty": content_type}
        kid = key.get("kid")
        if isinstance(kid, str):
            header["kid"] = kid
        return jwe.encrypt_compact(header, text.encode(), key, algorithms=[alg, method])

    def _find(self, alg: str) -> _Key | None:
        return next((key for key in self.keys if _fits(key, alg)), None)


def has_secrets(jwks: Mapping[str, Any]) -> bool:
    """Tell whether a private or symmetric key is in a set that must be public, or the set is no list of keys."""
    members = jwks.get("keys")
    if not isinstance(members, list) or len(members) > _MAX_KEYS:
        return True
    return any(not isinstance(member, dict) or bool(member.keys() & {"d", "k"}) for member in members)


def _fits(key: _Key, alg: str) -> bool:
    if key.get("alg", alg) != alg:
        return False
    return isinstance(key, RSAKey) if alg.startswith("RSA") else not isinstance(key, RSAKey)


def _load(member: dict[str, Any]) -> _Key | None:
    """Load one public key, or None if it is of no use here."""
    operations = member.get("key_ops")
    is_meant = member.get("use") == "enc" or (
        "use" not in member
        and isinstance(operations, list)
        and bool(_FOR_ENCRYPTION.intersection(map(str, operations)))
    )
    if not is_meant:
        return None
    try:
        match member.get("kty"):
            case "EC":
                return ECKey.import_key(member) if member.get("crv") in _CURVES else None
            case "OKP":
                return OKPKey.import_key(member) if member.get("crv") in _CURVES else None
            case "RSA":
                key = RSAKey.import_key(member)
                return key if key.public_key.key_size in _RSA_BITS else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None
