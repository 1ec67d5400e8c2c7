"""The refresh token's own shape: what is checked before any database is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.tokens.refresh_tokens import PresentedToken, RefreshTokens
from limen.kernel.encoding import b64url, from_b64url, sha256
from limen.kernel.ids import FamilyId
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

KEY = bytes(range(32))
TOKENS = RefreshTokens(KEY)
FAMILY = FamilyId.new(ManualClock(), SeededEntropy())
FIRST, FIRST_HASH = TOKENS.first(FAMILY, SeededEntropy(7))


def read(token: str) -> PresentedToken:
    found = TOKENS.read(token)
    assert found is not None
    return found


def test_a_token_says_its_family_its_generation_and_its_hash():
    found = read(FIRST)
    assert (found.family_id, found.generation, found.hash) == (FAMILY, 0, FIRST_HASH)


def test_the_hash_is_of_what_was_encoded_so_that_the_secret_is_not_stored():
    assert sha256(from_b64url(FIRST.removeprefix("rt_"))) == FIRST_HASH


def test_the_successor_is_the_same_however_often_it_is_asked_for():
    assert TOKENS.successor(read(FIRST)) == TOKENS.successor(read(FIRST))


def test_each_successor_is_a_generation_on_and_in_the_same_family():
    token = FIRST
    seen = {token}
    for generation in range(1, 6):
        token, _ = TOKENS.successor(read(token))
        assert (read(token).family_id, read(token).generation) == (FAMILY, generation)
        seen.add(token)
    assert len(seen) == 6


def test_another_key_makes_another_successor():
    other = RefreshTokens(bytes(32))
    assert other.successor(read(FIRST))[1] != TOKENS.successor(read(FIRST))[1]


def test_a_token_of_another_tenant_is_none_of_ours():
    assert RefreshTokens(bytes(32)).read(FIRST) is None


def test_two_families_share_no_token_even_from_the_same_chance():
    other = FamilyId.new(ManualClock(), SeededEntropy(1))
    assert TOKENS.first(other, SeededEntropy(7))[0] != FIRST


@pytest.mark.parametrize("position", range(26 + 4 + 16 + 16))
def test_a_token_with_any_byte_changed_is_not_ours(position: int):
    data = bytearray(from_b64url(FIRST.removeprefix("rt_")))
    data[position] ^= 1
    assert TOKENS.read("rt_" + b64url(bytes(data))) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rt_",
        "rt",
        FIRST[:-1],
        FIRST + "A",
        FIRST + "=",
        FIRST.upper(),
        FIRST.removeprefix("rt_"),
        "at_" + FIRST.removeprefix("rt_"),
        " " + FIRST,
        FIRST + "\n",
        FIRST.replace("rt_", "rt_\u200b"),
        "rt_" + "\u0661" * 83,
        "rt_" + "A" * 10_000_000,
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
    ],
    ids=range(15),
)
def test_what_is_not_written_as_we_write_it_is_not_ours(token: str):
    assert TOKENS.read(token) is None


@given(st.text(max_size=200))
def test_no_text_raises(text: str):
    assert TOKENS.read(text) is None
    assert TOKENS.read("rt_" + text) is None


@given(st.binary(min_size=62, max_size=62))
def test_no_bytes_of_the_right_length_pass_without_the_mac(data: bytes):
    assert TOKENS.read("rt_" + b64url(data)) is None


def test_the_repr_of_what_was_read_would_give_nobody_a_token():
    assert FIRST not in repr(read(FIRST))
    assert repr(read(FIRST).secret)[2:-1] not in repr(read(FIRST))
