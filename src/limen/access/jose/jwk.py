"""Public keys as JSON Web Keys, and their thumbprints (RFC 7517, RFC 7518 §6, RFC 8037 §2, RFC 7638)."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from limen.kernel.encoding import b64url, canonical_json, from_b64url, sha256
from limen.kernel.errors import Corrupted

_CURVES: Mapping[str, tuple[str, ec.EllipticCurve]] = {
    "secp256r1": ("P-256", ec.SECP256R1()),
    "secp384r1": ("P-384", ec.SECP384R1()),
}
_CURVES_BY_JWK_NAME = dict(_CURVES.values())
_REQUIRED = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}


def public_jwk(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey) -> dict[str, str]:
    """Return the public half of *key*: exactly the members that its thumbprint covers, without ``kid`` or ``alg``."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        name = _CURVES[key.curve.name][0]
        size = (key.curve.key_size + 7) // 8  # fixed width, leading zeros included (RFC 7518 §6.2.1.2)
        return {"kty": "EC", "crv": name, "x": _number(point.x, size), "y": _number(point.y, size)}
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(public.n), "e": _number(public.e)}
    return {"kty": "OKP", "crv": "Ed25519", "x": b64url(key.public_key().public_bytes_raw())}


def public_key_of(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey:
    """Load one of our own public keys.

    Raises:
        Corrupted: *jwk* is not what :func:`public_jwk` writes, or its point is not on its curve.
    """
    try:
        if jwk["kty"] == "EC":
            curve = _CURVES_BY_JWK_NAME[jwk["crv"]]
            return ec.EllipticCurvePublicNumbers(_integer(jwk["x"]), _integer(jwk["y"]), curve).public_key()
        if jwk["kty"] == "RSA":
            return rsa.RSAPublicNumbers(_integer(jwk["e"]), _integer(jwk["n"])).public_key()
        if jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
            return Ed25519PublicKey.from_public_bytes(from_b64url(jwk["x"]))
    except (KeyError, ValueError) as error:
        msg = "a stored public key cannot be read"
        raise Corrupted(msg) from error
    msg = "a stored public key is of an unknown kind"
    raise Corrupted(msg)


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of *jwk* as base64url, 43 characters (RFC 7638 §3).

    Raises:
        KeyError: *jwk* lacks a member that its kind requires.
    """
    return b64url(sha256(canonical_json({name: jwk[name] for name in _REQUIRED[jwk["kty"]]})))


def _number(value: int, size: int = 0) -> str:
    return b64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _integer(text: str) -> int:
    return int.from_bytes(from_b64url(text), "big")
