"""Verifying our own tokens."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.access.jose import verify as module
from limen.access.jose.algorithms import Algorithm, signing_function
from limen.access.jose.keys import KeyState
from limen.access.jose.signer import TokenType
from limen.access.jose.verify import AccessTokenVerifier, VerifiedToken, read_own_token
from limen.kernel.clock import SECOND
from limen.kernel.errors import Expired, Refusal, Unauthenticated
from tests.support.clock import ManualClock
from tests.unit.access.jose.doubles import ISSUER, START, access_claims, key_set, private_key, segment, signing_key

EC = signing_key(Algorithm.ES256)
RSA = signing_key(Algorithm.RS256)
KEYS = key_set(EC, RSA, signing_key(Algorithm.EDDSA), signing_key(Algorithm.ES384), signing_key(Algorithm.PS256))
OTHER_KEYS = key_set(signing_key(number=1))
NOW = START // SECOND


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start=START)


@pytest.fixture
def verifier(clock: ManualClock) -> AccessTokenVerifier:
    return AccessTokenVerifier(ISSUER, KEYS, clock, cache_size=10)


def token(alg: str = "ES256", typ: TokenType = TokenType.ACCESS, **claims) -> str:
    return KEYS.signer(alg).sign(access_claims(**claims), typ)


def signed(header: object, payload: object, alg: Algorithm = Algorithm.ES256) -> str:
    """Sign whatever is given with the key of *alg*."""
    signing_input = f"{segment(header)}.{segment(payload)}"
    return f"{signing_input}.{segment(signing_function(alg, private_key(alg))(signing_input.encode()))}"


def refused(result: VerifiedToken | Refusal) -> bool:
    return isinstance(result, Unauthenticated) and result.code == "invalid_token"


@pytest.mark.parametrize("alg", ["ES256", "RS256", "EdDSA", "ES384", "PS256"])
def test_our_token_is_read(verifier: AccessTokenVerifier, alg: str) -> None:
    seen = verifier.verify(token(alg))
    assert isinstance(seen, VerifiedToken)
    assert dict(seen.claims) == access_claims()
    assert seen.expires_at == START + 300 * SECOND


def test_the_bench_can_sign_what_we_accept(verifier: AccessTokenVerifier) -> None:
    """The forgeries below differ from this in one thing each."""
    header = token().split(".")[0]
    payload = access_claims()
    genuine = f"{header}.{segment(payload)}"
    signature = signing_function(Algorithm.ES256, private_key(Algorithm.ES256))(genuine.encode())
    assert isinstance(verifier.verify(f"{genuine}.{segment(signature)}"), VerifiedToken)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 0])
@pytest.mark.parametrize("signature", ["", "AA"])
def test_an_unsigned_token_is_refused(verifier: AccessTokenVerifier, alg: object, signature: str) -> None:
    header = {"alg": alg, "typ": "at+jwt", "kid": EC.kid}
    assert refused(verifier.verify(f"{segment(header)}.{segment(access_claims())}.{signature}"))
    assert refused(verifier.verify(token().rpartition(".")[0] + "."))


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("alg", ["HS256", "RS256"])
def test_a_public_key_is_no_hmac_secret(verifier: AccessTokenVerifier, encoding: Encoding, alg: str) -> None:
    secret = private_key(Algorithm.RS256).public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    head = segment({"alg": alg, "typ": "at+jwt", "kid": RSA.kid}) if alg == "HS256" else token("RS256").split(".")[0]
    forged = f"{head}.{segment(access_claims())}"
    assert refused(verifier.verify(f"{forged}.{segment(hmac.digest(secret, forged.encode(), hashlib.sha256))}"))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256", "typ": "at+jwt", "kid": RSA.kid},
        {"alg": "RS256", "typ": "at+jwt", "kid": EC.kid},
        {"alg": "ES256", "typ": "at+jwt"},
        {"alg": "ES256", "typ": "at+jwt", "kid": "unknown"},
        {"alg": "ES256", "kid": EC.kid},
        {"alg": "ES256", "typ": "dpop+jwt", "kid": EC.kid},
        {"alg": "ES256", "typ": "at+jwt", "kid": EC.kid, "crit": ["exp"]},
        {"alg": "ES256", "typ": "at+jwt", "kid": EC.kid, "jwk": dict(EC.public_jwk)},
        b'{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"%s"}' % EC.kid.encode(),
        b"not json",
        b"",
    ],
    ids=[f"header {number}" for number in range(11)],  # keys are made anew in each worker, names must not be
)
def test_a_header_that_we_do_not_write_is_refused_though_our_key_signed(verifier: AccessTokenVerifier, header) -> None:
    assert refused(verifier.verify(signed(header, access_claims())))


def test_ps256_and_rs256_are_not_exchangeable(verifier: AccessTokenVerifier) -> None:
    head = token("RS256").split(".")[0]
    forged = f"{head}.{segment(access_claims())}"
    pss = signing_function(Algorithm.PS256, private_key(Algorithm.RS256))(forged.encode())
    assert refused(verifier.verify(f"{forged}.{segment(pss)}"))


@pytest.mark.parametrize("typ", [TokenType.ID, TokenType.LOGOUT])
def test_another_type_of_ours_is_no_access_token(verifier: AccessTokenVerifier, typ: TokenType) -> None:
    assert refused(verifier.verify(token(typ=typ)))


def test_a_key_that_left_the_jwks_verifies_nothing(clock: ManualClock) -> None:
    assert refused(AccessTokenVerifier(ISSUER, OTHER_KEYS, clock).verify(token()))


def test_a_retiring_key_still_verifies(clock: ManualClock) -> None:
    keys = key_set(signing_key(state=KeyState.RETIRING))
    assert isinstance(AccessTokenVerifier(ISSUER, keys, clock).verify(token()), VerifiedToken)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": ISSUER + "/"},
        {"iss": ...},
        {"sub": ...},
        {"sub": 7},
        {"aud": ...},
        {"aud": []},
        {"aud": ["https://api.example", 7]},
        {"client_id": ...},
        {"jti": ...},
        {"exp": ...},
        {"exp": str(NOW + 300)},
        {"exp": NOW + 300.5},
        {"exp": True},
        {"iat": ...},
        {"iat": NOW + 6},
        {"nbf": NOW + 6},
        {"nbf": None},
    ],
    ids=str,
)
def test_a_wrong_or_missing_claim_is_refused(verifier: AccessTokenVerifier, claims) -> None:
    assert refused(verifier.verify(token(**claims)))


@pytest.mark.parametrize("payload", [b'{"iss":1,"iss":2}', b"[]", b"", b"\xff", b"[" * 9000])
def test_a_payload_that_is_no_claims_set_is_refused_though_our_key_signed(verifier, payload: bytes) -> None:
    forged = f"{token().split('.')[0]}.{segment(payload)}"
    signature = signing_function(Algorithm.ES256, private_key(Algorithm.ES256))(forged.encode())
    assert refused(verifier.verify(f"{forged}.{segment(signature)}"))


def test_a_slightly_fast_clock_of_another_worker_is_borne(verifier: AccessTokenVerifier) -> None:
    assert isinstance(verifier.verify(token(iat=NOW + 5, nbf=NOW + 5)), VerifiedToken)


def test_skew_is_bounded_whatever_is_configured(clock: ManualClock) -> None:
    lax = AccessTokenVerifier(ISSUER, KEYS, clock, skew=timedelta(days=1))
    assert isinstance(lax.verify(token(iat=NOW + 60)), VerifiedToken)
    assert refused(lax.verify(token(iat=NOW + 61)))


def test_the_audience_is_checked_when_one_is_asked_for(verifier: AccessTokenVerifier) -> None:
    several = token(aud=["https://api.example", ISSUER])
    assert isinstance(verifier.verify(several, audience=ISSUER), VerifiedToken)
    assert refused(verifier.verify(several, audience="https://another.example"))
    assert refused(verifier.verify(token(), audience=ISSUER))
    assert refused(verifier.verify(token(), audience="https://api.exampl"))


def test_the_signature_has_one_spelling(verifier: AccessTokenVerifier) -> None:
    genuine = token()
    for varied in (genuine + "=", genuine + ".", genuine + " ", " " + genuine, genuine + "\n", genuine[:-1]):
        assert refused(verifier.verify(varied))


def test_an_expired_token_is_expired_to_the_microsecond(verifier: AccessTokenVerifier, clock: ManualClock) -> None:
    genuine = token()
    clock.advance(300 - 1e-6)
    assert isinstance(verifier.verify(genuine), VerifiedToken)
    clock.advance(1e-6)
    assert isinstance(verifier.verify(genuine), Expired)


# ---- the cache


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the tokens whose signature was checked in earnest."""
    seen: list[str] = []

    def counted(text: str, *rest):
        seen.append(text)
        return read_own_token(text, *rest)

    monkeypatch.setattr(module, "read_own_token", counted)
    return seen


def test_a_known_token_is_not_verified_twice(verifier: AccessTokenVerifier, checks: list[str]) -> None:
    genuine = token()
    assert verifier.verify(genuine) == verifier.verify(genuine)
    assert checks == [genuine]


def test_the_cache_does_not_outlive_exp(verifier: AccessTokenVerifier, clock: ManualClock, checks) -> None:
    genuine = token()
    verifier.verify(genuine)
    clock.advance(300)
    assert isinstance(verifier.verify(genuine), Expired)
    assert isinstance(verifier.verify(genuine), Expired)


def test_the_cache_does_not_excuse_another_audience(verifier: AccessTokenVerifier) -> None:
    genuine = token()
    verifier.verify(genuine)
    assert refused(verifier.verify(genuine, audience=ISSUER))


def test_the_cache_does_not_outlive_the_key_set(verifier: AccessTokenVerifier) -> None:
    genuine = token()
    verifier.verify(genuine)
    verifier.use_keys(OTHER_KEYS)
    assert refused(verifier.verify(genuine))


def test_reloading_the_same_keys_keeps_the_cache(verifier: AccessTokenVerifier, checks: list[str]) -> None:
    genuine = token()
    verifier.verify(genuine)
    verifier.use_keys(
        key_set(EC, RSA, signing_key(Algorithm.EDDSA), signing_key(Algorithm.ES384), signing_key(Algorithm.PS256))
    )
    verifier.verify(genuine)
    assert len(checks) == 1


def test_the_cache_is_bounded_and_forgets_the_longest_unused(clock: ManualClock, checks: list[str]) -> None:
    verifier = AccessTokenVerifier(ISSUER, KEYS, clock, cache_size=2)
    first, second, third = (token(jti=name) for name in "abc")
    for presented in (first, second, first, third, first, second):
        verifier.verify(presented)
    assert checks == [first, second, third, second]


def test_a_cache_of_size_zero_remembers_nothing(clock: ManualClock, checks: list[str]) -> None:
    verifier = AccessTokenVerifier(ISSUER, KEYS, clock, cache_size=0)
    genuine = token()
    verifier.verify(genuine)
    verifier.verify(genuine)
    assert len(checks) == 2


def test_refusals_are_not_remembered(verifier: AccessTokenVerifier, checks: list[str]) -> None:
    forged = token()[:-4] + "AAAA"
    verifier.verify(forged)
    verifier.verify(forged)
    assert len(checks) == 2


def test_what_the_cache_holds_cannot_be_changed(verifier: AccessTokenVerifier) -> None:
    seen = verifier.verify(token(aud=["a", "b"], cnf={"jkt": "x"}))
    assert isinstance(seen, VerifiedToken)
    assert seen.claims["aud"] == ("a", "b")
    with pytest.raises(TypeError):
        seen.claims["cnf"]["jkt"] = "y"
    with pytest.raises(TypeError):
        seen.claims["sub"] = "y"  # type: ignore[index]


# ---- an ID token as a hint


def test_an_id_token_hint_is_read_though_expired() -> None:
    hint = token(typ=TokenType.ID, exp=NOW - 9999, iat=NOW - 99999, client_id=..., jti=...)
    assert isinstance(read_own_token(hint, KEYS, ISSUER, TokenType.ID), VerifiedToken)
    assert refused(read_own_token(hint, KEYS, ISSUER, TokenType.ACCESS))
    assert refused(read_own_token(hint, OTHER_KEYS, ISSUER, TokenType.ID))


# ---- anything at all


@settings(deadline=None, max_examples=300)
@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,90}", fullmatch=True))
def test_no_text_raises_or_passes(text: str) -> None:
    assert refused(AccessTokenVerifier(ISSUER, KEYS, ManualClock(start=START)).verify(text))


@settings(deadline=None, max_examples=300)
@given(position=st.integers(0, 10_000), character=st.characters(codec="utf-8"))
def test_no_change_of_one_character_passes(position: int, character: str) -> None:
    genuine = GENUINE
    position %= len(genuine)
    varied = genuine[:position] + character + genuine[position + 1 :]
    result = AccessTokenVerifier(ISSUER, KEYS, ManualClock(start=START)).verify(varied)
    assert refused(result) or varied == genuine


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "client_id"]), value=JSON)
def test_no_value_of_a_claim_raises(name: str, value: object) -> None:
    result = AccessTokenVerifier(ISSUER, KEYS, ManualClock(start=START)).verify(token(**{name: value}))
    assert isinstance(result, VerifiedToken | Refusal)


GENUINE = token()
