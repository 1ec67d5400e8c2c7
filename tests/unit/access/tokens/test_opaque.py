"""Opaque tokens: open to their tenant alone, different each time, whole or nothing."""

import pytest

from limen.access.tokens.opaque import OpaqueTokens
from limen.kernel.encoding import b64url, from_b64url
from tests.support.entropy import SeededEntropy

ISSUER = "https://id.example"
CLAIMS = {"iss": ISSUER, "sub": "x", "nested": {"a": [1, "ü"]}}


def tokens(key: bytes = bytes(32), issuer: str = ISSUER) -> OpaqueTokens:
    return OpaqueTokens(key, issuer, SeededEntropy())


def test_what_was_sealed_is_opened():
    ours = tokens()
    assert ours.open(ours.seal(CLAIMS)) == CLAIMS


def test_two_tokens_of_the_same_claims_have_nothing_in_common():
    ours = tokens()
    one, other = ours.seal(CLAIMS), ours.seal(CLAIMS)
    assert one != other
    assert one[10:40] != other[10:40]


def test_another_key_and_another_issuer_open_nothing():
    token = tokens().seal(CLAIMS)
    assert tokens(b"\x01" * 32).open(token) is None
    assert tokens(issuer="https://other.example").open(token) is None


def test_every_changed_byte_closes_it():
    ours = tokens()
    data = from_b64url(ours.seal({"a": 1}).removeprefix("at_"))
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        assert ours.open("at_" + b64url(bytes(changed))) is None


@pytest.mark.parametrize("text", ["", "at_", "at_!", "at_AQ", "at_" + "A" * 39, "rt_AAAA", "at_" + "A" * 100])
def test_what_is_no_token_is_none(text: str):
    assert tokens().open(text) is None
