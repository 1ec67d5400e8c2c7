"""Signature algorithms: keys are made, stored, loaded, and turned into functions that sign or verify.

RFC 7518 §3 (JWA), RFC 8037 §3.1 (EdDSA with Ed25519), RFC 8725 §3.1: an algorithm belongs to a key, never to a token.
There is no HMAC here and no ``none``, so neither can be asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from limen.access.jose.jwk import public_key_of
from limen.kernel.errors import Corrupted

_MISFIT = "the key does not fit its algorithm"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey
SignFunction = Callable[[bytes], bytes]
"""Signing input to JWS signature."""
VerifyFunction = Callable[[bytes, bytes], bool]
"""JWS signature and signing input to whether they fit."""

_RSA_BITS = 2048
_RSA_EXPONENT = 65537


class Algorithm(StrEnum):
    """What a tenant's key may be for; the values are JWA names."""

    ES256 = "ES256"
    ES384 = "ES384"
    RS256 = "RS256"
    PS256 = "PS256"
    EDDSA = "EdDSA"
    ECDH_ES = "ECDH-ES"
    """Decrypts what is sent to us (RFC 7518 §4.6), with or without a wrapped key."""
    RSA_OAEP_256 = "RSA-OAEP-256"
    """Decrypts what is sent to us (RFC 7518 §4.3)."""


ENCRYPTION: Final = frozenset({Algorithm.ECDH_ES, Algorithm.RSA_OAEP_256})
"""Those that sign nothing."""
SIGNING: Final = tuple(alg for alg in Algorithm if alg not in ENCRYPTION)
"""Those that sign."""


class _Scheme(Protocol):
    """How one algorithm does its work. A key of another kind raises :class:`Corrupted`."""

    def generate(self) -> PrivateKey: ...
    def signing(self, key: PrivateKey) -> SignFunction: ...
    def verifying(self, key: PublicKey) -> VerifyFunction: ...


@dataclass(frozen=True, slots=True)
class _Ecdsa:
    curve: ec.EllipticCurve
    digest: hashes.HashAlgorithm
    size: int  # bytes of r, and of s

    def generate(self) -> PrivateKey:
        return ec.generate_private_key(self.curve)

    def signing(self, key: PrivateKey) -> SignFunction:
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != self.curve.name:
            raise Corrupted(_MISFIT)
        sign, scheme, size = key.sign, ec.ECDSA(self.digest), self.size

        def signature(message: bytes) -> bytes:
            return _join_dss(sign(message, scheme), size)

        return signature

    def verifying(self, key: PublicKey) -> VerifyFunction:
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != self.curve.name:
            raise Corrupted(_MISFIT)
        check, scheme, size = key.verify, ec.ECDSA(self.digest), self.size

        def is_signature(signature: bytes, message: bytes) -> bool:
            if len(signature) != 2 * size:
                return False
            r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
            try:
                check(encode_dss_signature(r, s), message, scheme)
            except InvalidSignature:
                return False
            return True

        return is_signature


@dataclass(frozen=True, slots=True)
class _Rsa:
    padding: padding.AsymmetricPadding
    digest: hashes.HashAlgorithm

    def generate(self) -> PrivateKey:
        return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)

    def signing(self, key: PrivateKey) -> SignFunction:
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _RSA_BITS:  # RFC 7518 §3.3
            raise Corrupted(_MISFIT)
        return lambda message: key.sign(message, self.padding, self.digest)

    def verifying(self, key: PublicKey) -> VerifyFunction:
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _RSA_BITS:
            raise Corrupted(_MISFIT)

        def is_signature(signature: bytes, message: bytes) -> bool:
            try:
                key.verify(signature, message, self.padding, self.digest)
            except InvalidSignature:
                return False
            return True

        return is_signature


@dataclass(frozen=True, slots=True)
class _Ed25519:
    def generate(self) -> PrivateKey:
        return Ed25519PrivateKey.generate()

    def signing(self, key: PrivateKey) -> SignFunction:
        if not isinstance(key, Ed25519PrivateKey):
            raise Corrupted(_MISFIT)
        return key.sign

    def verifying(self, key: PublicKey) -> VerifyFunction:
        if not isinstance(key, Ed25519PublicKey):
            raise Corrupted(_MISFIT)

        def is_signature(signature: bytes, message: bytes) -> bool:
            try:
                key.verify(signature, message)
            except InvalidSignature:
                return False
            return True

        return is_signature


_SHA256 = hashes.SHA256()
_SCHEMES: Mapping[Algorithm, _Scheme] = {
    Algorithm.ES256: _Ecdsa(ec.SECP256R1(), _SHA256, 32),
    Algorithm.ES384: _Ecdsa(ec.SECP384R1(), hashes.SHA384(), 48),
    Algorithm.RS256: _Rsa(padding.PKCS1v15(), _SHA256),
    Algorithm.PS256: _Rsa(padding.PSS(padding.MGF1(_SHA256), _SHA256.digest_size), _SHA256),
    Algorithm.EDDSA: _Ed25519(),
}


def generate_private_key(alg: Algorithm) -> PrivateKey:
    """Return a fresh key from OpenSSL's generator. RSA takes a tenth of a second and more: not on the event loop."""
    if alg is Algorithm.ECDH_ES:
        return ec.generate_private_key(ec.SECP256R1())
    if alg is Algorithm.RSA_OAEP_256:
        return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)
    return _SCHEMES[alg].generate()


def signing_function(alg: Algorithm, key: PrivateKey) -> SignFunction:
    """Return what signs with *key*.

    Raises:
        Corrupted: *key* is not a key for *alg*, or *alg* signs nothing.
    """
    return _scheme(alg).signing(key)


def verifying_function(alg: Algorithm, public_jwk: Mapping[str, str]) -> VerifyFunction:
    """Return what checks signatures under *public_jwk*.

    Raises:
        Corrupted: *public_jwk* is not a key for *alg*, or *alg* signs nothing.
    """
    return _scheme(alg).verifying(public_key_of(public_jwk))


def _scheme(alg: Algorithm) -> _Scheme:
    found = _SCHEMES.get(alg)
    if found is None:
        raise Corrupted(_MISFIT)
    return found


def to_pkcs8(key: PrivateKey) -> bytes:
    """Return *key* as unencrypted PKCS #8 DER: seal it before it goes anywhere."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def from_pkcs8(der: bytes) -> PrivateKey:
    """Return the key in PKCS #8 *der*, which we once wrote with :func:`to_pkcs8` and sealed.

    Its numbers are not proven anew: that takes 40 ms of an RSA key, and who could change them holds the seal.

    Raises:
        Corrupted: *der* holds no key of a kind that we use.
    """
    try:
        key = load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as error:
        msg = "a stored signing key cannot be read"
        raise Corrupted(msg) from error
    if not isinstance(key, PrivateKey):
        raise Corrupted(_MISFIT)
    return key


def _join_dss(der: bytes, size: int) -> bytes:
    """Turn ``SEQUENCE { INTEGER r, INTEGER s }`` into r ‖ s of *size* bytes each (RFC 7518 §3.4).

    OpenSSL has just written it, and up to P-384 every length is one byte, so that slicing is safe and saves a
    tenth of what a token costs. DER integers drop leading zeros, or put one in front: hence the cut and the fill.
    """
    middle = 4 + der[3]
    return der[4:middle][-size:].rjust(size, b"\0") + der[middle + 2 :][-size:].rjust(size, b"\0")
