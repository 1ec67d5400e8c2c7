"""What an envelope promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from limen.identity.keyring.envelope import (
    OVERHEAD_BYTES,
    Place,
    SealingKey,
    derived_key,
    key_version,
    made_together,
    seal,
    unseal,
)
from limen.kernel.errors import Corrupted
from limen.kernel.ids import CustomerId, JourneyId
from tests.support.entropy import SeededEntropy

KEY = SealingKey.load(3, b"k" * 32)
PLACE = Place("ten_1", "cus_1", "customer.email", "rec_1")
PLAIN = b"ada@example.org"
ENVELOPE = seal(KEY, PLACE, PLAIN, SeededEntropy(1))


@given(plaintext=st.binary(max_size=4096), version=st.integers(0, 2**32 - 1), seed=st.integers(0, 1000))
def test_what_was_sealed_opens_again(plaintext: bytes, version: int, seed: int) -> None:
    key = SealingKey.load(version, bytes(range(32)))
    envelope = seal(key, PLACE, plaintext, SeededEntropy(seed))
    assert unseal(key, PLACE, envelope) == plaintext
    assert len(envelope) == len(plaintext) + OVERHEAD_BYTES
    assert key_version(envelope) == version


@given(at=st.integers(0, len(ENVELOPE) - 1), flip=st.integers(1, 255))
def test_every_changed_byte_is_refused(at: int, flip: int) -> None:
    changed = ENVELOPE[:at] + bytes([ENVELOPE[at] ^ flip]) + ENVELOPE[at + 1 :]
    with pytest.raises(Corrupted):
        unseal(KEY, PLACE, changed)


def test_a_changed_key_number_is_refused_even_when_the_reader_believes_it() -> None:
    renumbered = ENVELOPE[:5] + b"\x04" + ENVELOPE[6:]
    with pytest.raises(Corrupted):
        unseal(SealingKey.load(4, b"k" * 32), PLACE, renumbered)


@given(cut=st.integers(0, len(ENVELOPE) - 1))
def test_a_truncated_envelope_is_refused(cut: int) -> None:
    with pytest.raises(Corrupted):
        unseal(KEY, PLACE, ENVELOPE[:cut])


@given(junk=st.binary(max_size=200))
def test_junk_and_appended_junk_are_refused(junk: bytes) -> None:
    with pytest.raises(Corrupted):
        unseal(KEY, PLACE, junk)
    with pytest.raises(Corrupted):
        unseal(KEY, PLACE, ENVELOPE + (junk or b"\x00"))


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, tenant="ten_2"),
        replace(PLACE, subject="cus_2"),
        replace(PLACE, field="customer.name"),
        replace(PLACE, record="rec_2"),
        Place("ten_1", "cus_1", "customer.emailrec", "_1"),  # the same letters, cut elsewhere
        Place("ten_1cus_1", "", "customer.email", "rec_1"),
    ],
)
def test_a_moved_envelope_is_refused_under_the_same_key(elsewhere: Place) -> None:
    with pytest.raises(Corrupted):
        unseal(KEY, elsewhere, ENVELOPE)


def test_a_refusal_carries_neither_key_nor_plaintext() -> None:
    with pytest.raises(Corrupted) as caught:
        unseal(KEY, replace(PLACE, record="rec_2"), ENVELOPE)
    assert PLAIN.decode() not in str(caught.value)
    assert "kkkk" not in repr(caught.value) + repr(KEY)
    assert caught.value.__suppress_context__


def test_sealing_twice_never_gives_the_same_bytes() -> None:
    entropy = SeededEntropy(2)
    assert seal(KEY, PLACE, PLAIN, entropy) != seal(KEY, PLACE, PLAIN, entropy)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Corrupted):
        SealingKey.load(1, bytes(length))


def test_derived_keys_differ_by_every_part_of_their_context() -> None:
    contexts = [("a", "b"), ("ab",), ("", "ab"), ("b", "a"), ("a", "b", "")]
    assert len({derived_key(b"k" * 32, *context) for context in contexts}) == len(contexts)


def test_those_who_came_within_a_second_share_a_wrapper_and_nobody_else(clock, entropy) -> None:
    first = CustomerId.new(clock, entropy)
    assert made_together(CustomerId.new(clock, entropy)) == made_together(first) != made_together(first[4:])
    assert made_together(JourneyId.new(clock, entropy)) != made_together(first)
    clock.advance(1.024)
    assert made_together(CustomerId.new(clock, entropy)) != made_together(first)
    assert made_together("journey-7") == "journey-7"
