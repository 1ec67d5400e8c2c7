"""DPoP proofs: what no input may do, and what a header is held to."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from limen.access.possession.proof import LIFE, SKEW, Call, Proof, normal_url, verify_proof
from limen.kernel.clock import SECOND
from limen.kernel.encoding import b64url, sha256
from limen.kernel.errors import Invalid
from tests.integration.tokens.proofs import Prover
from tests.support.clock import ManualClock

CLOCK = ManualClock()
PROVER = Prover(CLOCK)
CALL = Call("POST", ("https://id.example/token", "https://mtls.id.example/token"))
NOW = CLOCK.now()


def check(text: str, call: Call = CALL, now: int = NOW) -> Proof | Invalid:
    return verify_proof(text, call, now)


def test_a_proof_says_whose_key_it_is_and_until_when_it_would_pass():
    proof = check(PROVER.proof())
    assert isinstance(proof, Proof)
    assert (proof.thumbprint, proof.alg, proof.nonce) == (PROVER.jkt, "ES256", "")
    assert proof.until == NOW // SECOND * SECOND + LIFE + SKEW
    text = PROVER.proof()
    assert isinstance(check(text, now=proof.until), Proof)
    assert isinstance(check(text, now=proof.until + 1), Invalid)


def test_the_same_jti_of_one_key_is_one_use_and_of_another_key_another():
    one, again, other = (check(maker.proof(jti="x")) for maker in (PROVER, PROVER, Prover(CLOCK)))
    assert one.use == again.use != other.use


def test_each_address_of_a_door_will_do():
    for base in ("https://id.example", "https://mtls.id.example"):
        assert isinstance(check(Prover(CLOCK, base=base).proof()), Proof)
    assert isinstance(check(Prover(CLOCK, base="https://id.example.evil").proof()), Invalid)


def test_with_a_token_its_hash_is_required():
    call = Call("POST", CALL.urls, "the-token")
    assert isinstance(check(PROVER.proof(), call), Invalid)
    assert isinstance(check(PROVER.proof(ath=b64url(sha256(b"another"))), call), Invalid)
    assert isinstance(check(PROVER.proof(ath=b64url(sha256(b"the-token"))), call), Proof)


KEYS = {
    "EC": ECKey.generate_key("P-256").as_dict(private=False),
    "P-384": ECKey.generate_key("P-384").as_dict(private=False),
    "OKP": OKPKey.generate_key("Ed25519").as_dict(private=False),
    "RSA": RSAKey.generate_key(2048).as_dict(private=False),
}


@pytest.mark.parametrize(
    "jwk",
    [
        None, [], "key", {}, {"kty": "oct", "k": "AAAA"}, {"kty": "EC"}, {"kty": ["EC"], "crv": "P-256"},
        {**KEYS["EC"], "crv": "P-384"}, {**KEYS["EC"], "crv": "secp256k1"}, {**KEYS["EC"], "x": 5},
        {**KEYS["EC"], "x": "A" * 43}, {**KEYS["EC"], "x": KEYS["EC"]["x"] + "A"}, {**KEYS["EC"], "d": "A" * 43},
        {**KEYS["OKP"], "crv": "X25519"}, {**KEYS["OKP"], "x": "*" * 43}, {**KEYS["RSA"], "n": "AQAB"},
        {**KEYS["RSA"], "e": "AA"}, {**KEYS["RSA"], "n": "A" * 684}, {**KEYS["RSA"], "p": "AQAB"}, KEYS["P-384"],
        KEYS["RSA"],
    ],
)  # fmt: skip
def test_a_key_that_is_none_of_ours_or_does_not_fit_is_refused(jwk: Any):
    assert isinstance(check(PROVER.proof(head={"jwk": jwk})), Invalid)


@pytest.mark.parametrize("extra", [{"crit": ["exp"]}, {"b64": False}, {"crit": []}])
def test_extensions_are_not_understood(extra: dict[str, Any]):
    assert isinstance(check(PROVER.proof(head=extra)), Invalid)


def test_a_member_that_is_named_twice_is_refused():
    _, body, signature = PROVER.proof().split(".")
    twice = b64url(b'{"typ":"dpop+jwt",' + json.dumps({"alg": "ES256", "typ": "x"}).encode()[1:])
    assert isinstance(check(f"{twice}.{body}.{signature}"), Invalid)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
claims = st.dictionaries(st.sampled_from(["jti", "htm", "htu", "iat", "ath", "nonce", "exp", "x"]), values, max_size=6)
heads = st.dictionaries(st.sampled_from(["typ", "alg", "jwk", "kid", "crit", "x5c"]), values, max_size=4)


@settings(max_examples=150, deadline=None)
@given(heads, claims, st.sampled_from(["", "a token"]))
def test_no_proof_raises_whatever_it_says(head: dict[str, Any], said: dict[str, Any], token: str):
    if isinstance(said.get("jti"), str) and not said["jti"].isprintable():
        said = {**said, "jti": ascii(said["jti"])}
    outcome = check(PROVER.proof(head=head, **said), Call("POST", CALL.urls, token))
    assert isinstance(outcome, Proof | Invalid)
    if isinstance(outcome, Invalid):
        assert outcome.code == "invalid_dpop_proof"


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.text(max_size=60), min_size=3, max_size=3).map(".".join)))
def test_no_text_raises(text: str):
    assert isinstance(check(text), Invalid)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_refusal_quotes_nothing(jti: str, htu: str):
    outcome = check(PROVER.proof(jti="jti" + ascii(jti), htu="htu" + ascii(htu)))
    assert isinstance(outcome, Invalid)
    assert "htu'" not in outcome.detail


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.sampled_from(["http://[::1", "https://a:99999/", "https://\u2100.example", "//x"]))
def test_no_address_raises(url: str):
    assert normal_url(url) is None or normal_url(normal_url(url)) == normal_url(url)
