"""Opening what clients encrypt to us (RFC 7516), with the tenant's published keys whose ``use`` is ``enc``.

joserfc does the work. What may be negotiated is settled before it begins: the algorithms are a short list, a key opens
only what is made for its kind, nothing is decompressed (RFC 8725 §3.6), and whatever is wrong is one and the same "no".
"""

from collections.abc import Iterator, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from limen.access.jose.algorithms import PrivateKey
from limen.access.jose.compact import MAX_TOKEN_BYTES, strict_object
from limen.access.jose.encryption import CONTENT_ALGORITHMS, KEY_ALGORITHMS

_SEPARATORS: Final = 4
_NOT_UNDERSTOOD: Final = frozenset({"crit", "zip"})


def is_encrypted(text: str) -> bool:
    """Tell whether *text* has the shape of a compact JWE rather than of a JWS."""
    return text.count(".") == _SEPARATORS


def algorithms_of(text: str) -> tuple[str, str]:
    """Return ``alg`` and ``enc`` of a compact JWE, not believed; empty where it names none that we know."""
    header = strict_object(text.partition(".")[0]) or {}
    alg, enc = header.get("alg"), header.get("enc")
    if alg not in KEY_ALGORITHMS or enc not in CONTENT_ALGORITHMS or header.keys() & _NOT_UNDERSTOOD:
        return "", ""
    return str(alg), str(enc)


def decrypted(text: str, keys: Mapping[str, PrivateKey]) -> str | None:
    """Return what is inside a compact JWE that was made for one of *keys*, by ``kid``; else None. No input raises."""
    alg, enc = algorithms_of(text)
    if not alg or len(text) > MAX_TOKEN_BYTES or not text.isascii():
        return None
    header = strict_object(text.partition(".")[0]) or {}
    for key in _candidates(keys, alg, header.get("kid")):
        try:
            plaintext = jwe.decrypt_compact(text, key, algorithms=[alg, enc]).plaintext
            return plaintext.decode("ascii") if plaintext is not None else None
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return None


def _candidates(keys: Mapping[str, PrivateKey], alg: str, kid: object) -> Iterator[RSAKey | ECKey]:
    """Yield the keys that *alg* is for: the one called *kid*, or each where the header names none."""
    for name, key in keys.items():
        if kid is not None and kid != name:
            continue
        if alg.startswith("RSA"):
            if isinstance(key, rsa.RSAPrivateKey):
                yield RSAKey.import_key(key)
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            yield ECKey.import_key(key)
