"""Codes of authenticator apps, by the vectors of RFC 6238 appendix B."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.factors.totp import STEP_SECONDS, Totp, new_totp, step_at
from limen.kernel.clock import SECOND
from tests.support.entropy import SeededEntropy

SEED = b"12345678901234567890"
SECRETS = {"SHA1": SEED, "SHA256": (SEED * 2)[:32], "SHA512": (SEED * 4)[:64]}
VECTORS = {
    59: ("94287082", "46119246", "90693936"),
    1_111_111_109: ("07081804", "68084774", "25091201"),
    1_111_111_111: ("14050471", "67062674", "99943326"),
    1_234_567_890: ("89005924", "91819424", "93441116"),
    2_000_000_000: ("69279037", "90698825", "38618901"),
    20_000_000_000: ("65353130", "77737706", "47863826"),
}
NOW = 1_234_567_890 * SECOND


@pytest.mark.parametrize("seconds", VECTORS)
@pytest.mark.parametrize("place", range(3))
def test_codes_are_those_of_appendix_b(seconds, place):
    algorithm = list(SECRETS)[place]
    totp = Totp(SECRETS[algorithm], algorithm)
    assert totp.code(step_at(seconds * SECOND), digits=8) == VECTORS[seconds][place]


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_code_is_taken_one_step_before_and_behind(drift):
    totp, step = Totp(SEED), step_at(NOW)
    assert totp.matching_step(totp.code(step + drift), NOW) == step + drift


@pytest.mark.parametrize("drift", [-2, 2])
def test_no_code_is_taken_two_steps_away(drift):
    totp = Totp(SEED)
    assert totp.matching_step(totp.code(step_at(NOW) + drift), NOW) is None


@given(st.text(max_size=80))
def test_nothing_that_is_typed_raises(typed):
    assert Totp(SEED).matching_step(typed, NOW) is None or len(typed) == 6


def test_the_uri_says_all_that_an_app_needs_and_escapes_names():
    totp = Totp(SEED, "SHA256")
    parts = urlsplit(totp.uri("Bücher: & mehr", "ann+1@example.com"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Bücher  & mehr:ann+1@example.com"
    assert parts.path.count(":") == 1
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert said == {
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "issuer": "Bücher  & mehr",
        "algorithm": "SHA256",
        "digits": "6",
        "period": str(STEP_SECONDS),
    }


@pytest.mark.parametrize(("algorithm", "length"), [("SHA1", 20), ("SHA256", 32), ("SHA512", 64)])
def test_a_secret_is_as_long_as_its_hash_and_is_never_shown(algorithm, length):
    totp = new_totp(SeededEntropy(), algorithm)
    assert len(totp.secret) == length
    assert totp.base32 not in repr(totp)
    assert "=" not in totp.base32
