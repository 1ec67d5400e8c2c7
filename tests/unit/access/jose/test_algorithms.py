"""Keys and signatures, against published examples and against joserfc in both directions."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwk as oracle_jwk
from joserfc import jws as oracle

from limen.access.jose.algorithms import (
    SIGNING,
    Algorithm,
    _join_dss,
    from_pkcs8,
    signing_function,
    to_pkcs8,
    verifying_function,
)
from limen.access.jose.jwk import public_jwk, public_key_of, thumbprint
from limen.access.jose.token_hash import at_hash
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.errors import Corrupted
from tests.unit.access.jose import vectors
from tests.unit.access.jose.doubles import private_key

every_algorithm = pytest.mark.parametrize("alg", SIGNING)
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # joserfc prefers the name Ed25519


def parts(jws: str) -> tuple[bytes, bytes]:
    """Return signature and signing input."""
    signing_input, _, signature = jws.rpartition(".")
    return from_b64url(signature), signing_input.encode()


@every_algorithm
def test_joserfc_accepts_our_signature(alg: Algorithm) -> None:
    key = private_key(alg)
    header = b64url(b'{"alg":"%s"}' % alg.encode())
    signing_input = f"{header}.aGVsbG8".encode()
    token = signing_input + b"." + b64url(signing_function(alg, key)(signing_input)).encode()
    seen = oracle.deserialize_compact(token, oracle_jwk.import_key(dict(public_jwk(key))), algorithms=[alg.value])
    assert seen.payload == b"hello"


@every_algorithm
def test_we_accept_the_signature_of_joserfc(alg: Algorithm) -> None:
    key = private_key(alg)
    kind = public_jwk(key)["kty"]
    token = oracle.serialize_compact(
        {"alg": alg.value}, b"hello", oracle_jwk.import_key(to_pkcs8(key), kind), algorithms=[alg.value]
    )
    assert verifying_function(alg, public_jwk(key))(*parts(token))


@every_algorithm
def test_a_changed_message_or_signature_is_refused(alg: Algorithm) -> None:
    key = private_key(alg)
    signature = signing_function(alg, key)(b"message")
    is_signature = verifying_function(alg, public_jwk(key))
    assert is_signature(signature, b"message")
    assert not is_signature(signature, b"Message")
    assert not is_signature(signature[:-1] + bytes([signature[-1] ^ 1]), b"message")


@settings(deadline=None, max_examples=30)
@given(signature=st.binary(max_size=100) | st.binary(min_size=64, max_size=64) | st.just(bytes(64)))
@every_algorithm
def test_arbitrary_bytes_are_no_signature(alg: Algorithm, signature: bytes) -> None:
    assert not verifying_function(alg, public_jwk(private_key(alg)))(signature, b"message")


@given(
    r=st.integers(1, 2**256 - 1) | st.sampled_from([1, 127, 128, 255, 256, 2**255, 2**248 - 1]),
    s=st.integers(1, 2**256 - 1) | st.sampled_from([1, 127, 128, 255, 256, 2**255, 2**248 - 1]),
)
def test_r_and_s_keep_their_width_whatever_der_drops(r: int, s: int) -> None:
    assert _join_dss(encode_dss_signature(r, s), 32) == r.to_bytes(32, "big") + s.to_bytes(32, "big")


@every_algorithm
def test_a_key_survives_storage(alg: Algorithm) -> None:
    key = private_key(alg)
    assert public_jwk(from_pkcs8(to_pkcs8(key))) == public_jwk(key)


@every_algorithm
def test_a_jwk_and_its_thumbprint_are_those_of_joserfc(alg: Algorithm) -> None:
    key = private_key(alg)
    jwk = public_jwk(key)
    theirs = oracle_jwk.import_key(to_pkcs8(key), jwk["kty"])
    assert jwk == {name: value for name, value in theirs.as_dict(private=False).items() if name in jwk}
    assert not jwk.keys() & {"d", "p", "q", "k"}
    assert thumbprint(jwk) == theirs.thumbprint()


@pytest.mark.parametrize(
    ("alg", "other"),
    [(alg, other) for alg in SIGNING for other in SIGNING if {alg, other} != {Algorithm.RS256, Algorithm.PS256}],
)
def test_a_key_serves_its_own_algorithm_only(alg: Algorithm, other: Algorithm) -> None:
    if alg is other:
        return
    with pytest.raises(Corrupted):
        signing_function(alg, private_key(other))
    with pytest.raises(Corrupted):
        verifying_function(alg, public_jwk(private_key(other)))


def test_a_short_rsa_key_is_refused() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(Corrupted):
        signing_function(Algorithm.RS256, weak)
    with pytest.raises(Corrupted):
        verifying_function(Algorithm.RS256, public_jwk(weak))


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "OKP", "crv": "X25519", "x": vectors.RFC8037_JWK["x"]},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "secp256k1", "x": "AQ", "y": "AQ"},
        {"kty": "RSA", "n": "not base64!", "e": "AQAB"},
        {"kty": "RSA"},
        {},
    ],
)
def test_a_broken_stored_key_is_a_fault(jwk: dict[str, str]) -> None:
    with pytest.raises(Corrupted):
        public_key_of(jwk)


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"x" * 64])
def test_a_broken_private_key_is_a_fault(der: bytes) -> None:
    with pytest.raises(Corrupted):
        from_pkcs8(der)


def test_a_stored_key_of_a_kind_that_we_do_not_use_is_a_fault() -> None:
    der = X25519PrivateKey.generate().private_bytes_raw()
    wrapped = bytes.fromhex("302e020100300506032b656e04220420") + der  # PKCS #8 of RFC 8410 §7
    with pytest.raises(Corrupted):
        from_pkcs8(wrapped)


def test_es256_example_of_rfc_7515() -> None:
    signature, signing_input = parts(vectors.RFC7515_A3_JWS)
    assert verifying_function(Algorithm.ES256, vectors.RFC7515_A3_JWK)(signature, signing_input)
    secret = int.from_bytes(from_b64url(vectors.RFC7515_A3_D), "big")
    assert public_jwk(ec.derive_private_key(secret, ec.SECP256R1())) == vectors.RFC7515_A3_JWK


def test_ed25519_example_of_rfc_8037() -> None:
    key = Ed25519PrivateKey.from_private_bytes(from_b64url(vectors.RFC8037_D))
    assert public_jwk(key) == vectors.RFC8037_JWK
    assert thumbprint(public_jwk(key)) == vectors.RFC8037_THUMBPRINT
    signature, signing_input = parts(vectors.RFC8037_JWS)
    assert signing_function(Algorithm.EDDSA, key)(signing_input) == signature


def test_thumbprint_example_of_rfc_7638() -> None:
    assert thumbprint(vectors.RFC7638_JWK) == vectors.RFC7638_THUMBPRINT


def test_hash_examples_of_openid_connect() -> None:
    assert at_hash(Algorithm.RS256, vectors.OIDC_ACCESS_TOKEN) == vectors.OIDC_AT_HASH
    assert at_hash(Algorithm.ES256, vectors.OIDC_CODE) == vectors.OIDC_C_HASH


@pytest.mark.parametrize(("alg", "digest"), [(Algorithm.ES384, hashlib.sha384), (Algorithm.EDDSA, hashlib.sha512)])
def test_at_hash_follows_the_algorithm(alg: Algorithm, digest) -> None:
    whole = digest(b"token").digest()
    half = base64.urlsafe_b64encode(whole[: len(whole) // 2]).decode().rstrip("=")
    assert at_hash(alg, "token") == half
