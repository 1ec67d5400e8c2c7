"""Assertions that clients sign."""

import hmac
import json
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwk, jws

from limen.access.jose.algorithms import Algorithm, signing_function, to_pkcs8
from limen.access.jose.assertions import ClientAssertion, ClientAssertionVerifier
from limen.access.jose.foreign import ASSERTION_ALGORITHMS, ClientKeys, parse_unverified_issuer
from limen.kernel.clock import SECOND
from limen.kernel.errors import Invalid, Refusal, Unauthenticated
from tests.support.clock import ManualClock
from tests.unit.access.jose.doubles import START, private_key, segment

NOW = START // SECOND
ISSUER, ENDPOINT, CLIENT = "https://id.example", "https://id.example/token", "a-client"
EC = jwk.import_key(to_pkcs8(private_key(Algorithm.ES256)), "EC", {"kid": "ec"})
RSA = jwk.import_key(to_pkcs8(private_key(Algorithm.RS256)), "RSA", {"kid": "rsa"})
OKP = jwk.import_key(to_pkcs8(private_key(Algorithm.EDDSA)), "OKP", {"kid": "okp"})
JWKS = {"keys": [key.as_dict(private=False) for key in (EC, RSA, OKP)]}
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # by the signing side of these tests


def load(jwks: dict[str, Any] = JWKS, algorithms=ASSERTION_ALGORITHMS) -> ClientKeys:
    keys = ClientKeys.parse(jwks, algorithms)
    assert isinstance(keys, ClientKeys)
    return keys


KEYS = load()


def claims(**changes: Any) -> dict[str, Any]:
    whole = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "once", "iat": NOW, "exp": NOW + 60, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def assertion(payload: Any = None, key: Any = EC, alg: str = "ES256", **header: Any) -> str:
    text = payload if isinstance(payload, bytes) else json.dumps(payload or claims()).encode()
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jws.serialize_compact({"alg": alg, "kid": key.kid, **header}, text, key, registry=registry)


def check(text: str, keys: ClientKeys = KEYS, client_id: str = CLIENT) -> ClientAssertion | Refusal:
    return ClientAssertionVerifier({ISSUER, ENDPOINT}, ManualClock(start=START)).verify(text, client_id, keys)


def refused(text: str, keys: ClientKeys = KEYS, client_id: str = CLIENT) -> bool:
    result = check(text, keys, client_id)
    return isinstance(result, Unauthenticated) and result.code == "invalid_client"


@pytest.mark.parametrize(
    ("key", "alg"),
    [(EC, "ES256"), (OKP, "EdDSA"), (OKP, "Ed25519")]
    + [(RSA, alg) for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")],
)
def test_a_proper_assertion_proves_its_client(key, alg: str) -> None:
    assert check(assertion(key=key, alg=alg)) == ClientAssertion(CLIENT, "once", (NOW + 90) * SECOND)


@pytest.mark.parametrize(("curve", "alg"), [("P-384", "ES384"), ("P-521", "ES512")])
def test_larger_curves_are_understood(curve: str, alg: str) -> None:
    key = jwk.ECKey.generate_key(curve, {"kid": "big"})
    assert isinstance(check(assertion(key=key, alg=alg), load({"keys": [key.as_dict(private=False)]})), ClientAssertion)


def test_verifying_eddsa_warns_of_nothing() -> None:
    text = assertion(key=OKP, alg="EdDSA")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(check(text), ClientAssertion)


def test_the_algorithm_must_be_on_the_clients_list() -> None:
    assert refused(assertion(key=RSA, alg="RS256"), load(algorithms={"ES256", "PS256"}))


def test_a_list_cannot_allow_what_is_no_signature() -> None:
    assert load(algorithms={"none", "HS256", "ES256"}).algorithms == {"ES256"}


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 7, ["ES256"], {}])
def test_an_unsigned_assertion_is_refused(alg: object) -> None:
    for signature in ("", "AA"):
        assert refused(f"{segment({'alg': alg, 'kid': 'ec'})}.{segment(claims())}.{signature}")


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_hmac_secret(alg: str) -> None:
    for public in (RSA.as_pem(private=False), RSA.as_der(private=False)):
        forged = f"{segment({'alg': alg, 'kid': 'rsa'})}.{segment(claims())}"
        digest = hmac.digest(public, forged.encode(), f"sha{alg[2:]}")
        assert refused(f"{forged}.{segment(digest)}")


def test_a_key_named_for_one_algorithm_serves_no_other() -> None:
    pinned = load({"keys": [{**RSA.as_dict(private=False), "alg": "PS256"}]})
    assert isinstance(check(assertion(key=RSA, alg="PS256"), pinned), ClientAssertion)
    assert refused(assertion(key=RSA, alg="RS256"), pinned)


def test_a_kid_of_another_kind_of_key_is_refused() -> None:
    assert refused(assertion(key=EC, alg="ES256", kid="rsa"))


def test_an_unknown_kid_is_refused() -> None:
    assert refused(assertion(kid="other"))


def test_without_kid_the_one_fitting_key_is_taken() -> None:
    key = jwk.import_key(to_pkcs8(private_key(Algorithm.ES256)), "EC")
    registry = jws.JWSRegistry(algorithms=["ES256"])
    text = jws.serialize_compact({"alg": "ES256"}, json.dumps(claims()).encode(), key, registry=registry)
    assert isinstance(check(text), ClientAssertion)
    two = [EC.as_dict(private=False), jwk.ECKey.generate_key("P-256", {"kid": "b"}).as_dict(private=False)]
    assert refused(text, load({"keys": two}))


def test_a_key_in_the_header_is_not_believed() -> None:
    stranger = jwk.ECKey.generate_key("P-256", {"kid": "ec"})
    assert refused(assertion(key=stranger, jwk=stranger.as_dict(private=False)))
    assert refused(assertion(key=stranger, jku="https://evil.example/jwks"))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "client-authentication+jwt"])
def test_usual_types_pass(typ: str) -> None:
    assert isinstance(check(assertion(typ=typ)), ClientAssertion)


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "", 7, [], {}])
def test_other_types_are_refused(typ: object) -> None:
    assert refused(forged_header({"alg": "ES256", "kid": "ec", "typ": typ}))


def forged_header(header: object) -> str:
    """Sign with the right key under a header that joserfc would not write."""
    signing_input = f"{segment(header)}.{segment(claims())}"
    sign = signing_function(Algorithm.ES256, private_key(Algorithm.ES256))
    return f"{signing_input}.{segment(sign(signing_input.encode()))}"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256", "kid": "ec", "crit": ["exp"], "exp": 1},
        {"alg": "ES256", "kid": "ec", "crit": []},
        {"alg": "ES256", "kid": "ec", "b64": False},
        {"alg": "ES256", "kid": 7},
        {"alg": "ES256", "kid": ["ec"]},
        {"alg": "ES256", "kid": {"ec": 1}},
        b'{"alg":"none","alg":"ES256","kid":"ec"}',
        b"[]",
        b"\xff",
        b"[" * 8000,
    ],
)
def test_a_strange_header_is_refused_though_the_right_key_signed(header: object) -> None:
    assert isinstance(check(forged_header({"alg": "ES256", "kid": "ec"})), ClientAssertion)
    assert refused(forged_header(header))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"iss": ...},
        {"sub": ...},
        {"aud": ...},
        {"aud": []},
        {"aud": "https://other.example"},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": [ISSUER, 7]},
        {"aud": {"a": 1}},
        {"aud": [[ISSUER]]},
        {"jti": ...},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 257},
        {"exp": ...},
        {"exp": "soon"},
        {"exp": True},
        {"exp": NOW - 30},
        {"exp": NOW + 331},
        {"exp": 1e308},
        {"exp": 10**30},
        {"nbf": NOW + 31},
        {"iat": NOW + 31},
        {"nbf": "now"},
        {"iat": None},
    ],
    ids=str,
)
def test_a_wrong_or_missing_claim_is_refused(changes: dict[str, Any]) -> None:
    assert refused(assertion(claims(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ENDPOINT},
        {"aud": [ISSUER, ENDPOINT]},
        {"iat": ...},
        {"exp": NOW - 29},
        {"exp": NOW + 330},
        {"exp": NOW + 60.5},
        {"nbf": NOW + 30},
    ],
    ids=str,
)
def test_what_the_rfc_leaves_open_passes(changes: dict[str, Any]) -> None:
    assert isinstance(check(assertion(claims(**changes))), ClientAssertion)


def test_another_client_cannot_use_it() -> None:
    assert refused(assertion(), client_id="another-client")


def test_a_fraction_of_a_second_counts() -> None:
    seen = check(assertion(claims(exp=NOW + 60.5)))
    assert isinstance(seen, ClientAssertion)
    assert seen.expires_at == START + 90_500_000


def test_it_would_pass_until_expires_at_and_not_after() -> None:
    clock = ManualClock(start=START)
    verifier = ClientAssertionVerifier({ISSUER}, clock)
    text = assertion()
    seen = verifier.verify(text, CLIENT, KEYS)
    assert isinstance(seen, ClientAssertion)
    clock.advance((seen.expires_at - START - 1) / SECOND)
    assert isinstance(verifier.verify(text, CLIENT, KEYS), ClientAssertion)
    clock.advance(1 / SECOND)
    assert isinstance(verifier.verify(text, CLIENT, KEYS), Refusal)


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": "x"},
        {"keys": []},
        {"keys": [7]},
        {"keys": [{}]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"}]},
        {"keys": [EC.as_dict(private=True)]},
        {"keys": [EC.as_dict(private=False)] * 21},
        {"keys": [{**EC.as_dict(private=False), "use": "enc"}]},
        {"keys": [{**EC.as_dict(private=False), "key_ops": ["encrypt"]}]},
        {"keys": [{**EC.as_dict(private=False), "key_ops": 7}]},
        {"keys": [{**EC.as_dict(private=False), "x": "AQ"}]},
        {"keys": [{"kty": "EC", "crv": "P-256"}]},
        {"keys": [{"kty": "EC", "crv": "P-999", "x": "AQ", "y": "AQ"}]},
        {"keys": [{"kty": "RSA", "n": "AQ", "e": "AQ"}]},
        {"keys": [{"kty": "new"}]},
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_key_set_without_use_is_invalid(jwks: dict[str, Any]) -> None:
    result = ClientKeys.parse(jwks)
    assert isinstance(result, Invalid)
    assert result.code == "invalid_jwks"


def test_unknown_keys_beside_a_good_one_are_passed_over() -> None:
    keys = load({"keys": [{"kty": "new"}, {"kty": "EC", "crv": "P-999"}, EC.as_dict(private=False)]})
    assert isinstance(check(assertion(), keys), ClientAssertion)


def test_the_issuer_can_be_read_before_anything_is_verified() -> None:
    assert parse_unverified_issuer(assertion()) == CLIENT
    assert parse_unverified_issuer(assertion(claims(iss=7))) is None
    assert parse_unverified_issuer(f"e30.{segment(b'[]')}.AA") is None
    assert parse_unverified_issuer(f"e30.{segment({'iss': 'x' * 16_000})}.AA") is None
    assert parse_unverified_issuer("") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,90}", fullmatch=True))
def test_no_text_raises_or_passes(text: str) -> None:
    assert refused(text)
    parse_unverified_issuer(text)


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "x5c", "cty"]), value=JSON)
def test_no_header_value_raises(name: str, value: object) -> None:
    assert isinstance(check(forged_header({"alg": "ES256", "kid": "ec", name: value})), ClientAssertion | Refusal)


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti"]), value=JSON)
def test_no_claim_value_raises(name: str, value: object) -> None:
    assert isinstance(check(assertion(claims(**{name: value}))), ClientAssertion | Refusal)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@settings(deadline=None, max_examples=300)
@given(
    base=st.sampled_from(JWKS["keys"]),
    name=st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "key_ops", "d", "x5c"]),
    value=JSON,
)
def test_no_key_raises(base: dict[str, Any], name: str, value: object) -> None:
    assert isinstance(ClientKeys.parse({"keys": [{**base, name: value}]}), ClientKeys | Invalid)
