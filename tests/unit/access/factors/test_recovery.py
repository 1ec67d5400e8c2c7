"""Recovery codes: readable, guessed by nobody, kept as keyed hashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.factors.recovery import ALPHABET, CODES, LENGTH, digest, grouped, new_codes, read_code
from limen.kernel.ids import CustomerId
from tests.support.entropy import SeededEntropy

ANN, BOB = CustomerId("cus_ann"), CustomerId("cus_bob")


def test_there_are_ten_different_codes_of_ten_marks_that_are_not_taken_for_others():
    codes = new_codes(SeededEntropy())
    assert len(set(codes)) == CODES == 10
    assert all(len(code) == LENGTH == 10 and not code.strip(ALPHABET) for code in codes)
    assert not set("ilo01") & set(ALPHABET)


def test_every_mark_is_as_likely_as_another():
    marks = "".join("".join(new_codes(SeededEntropy(seed))) for seed in range(200))
    counts = [marks.count(mark) for mark in ALPHABET]
    assert min(counts) > 0.7 * len(marks) / len(ALPHABET)
    assert max(counts) < 1.3 * len(marks) / len(ALPHABET)


@pytest.mark.parametrize("typed", ["abcde-fghjk", " ABCDE FGHJK ", "abcdefghjk", "\uff41bcde\u2013fghjk"])
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_code(typed) == "abcdefghjk"


@pytest.mark.parametrize("typed", ["", "abcde", "abcde-fghjkm", "abcde-fghj1", "abcde-fghj\u0301", "'; drop"])
def test_what_is_no_code_is_told(typed):
    assert read_code(typed) is None


@given(st.text(max_size=200))
def test_nothing_that_is_typed_raises(typed):
    read = read_code(typed)
    assert read is None or read_code(grouped(read)) == read


def test_a_hash_depends_on_key_customer_and_code():
    hashes = {digest(key, who, code) for key in (b"k" * 32, b"l" * 32) for who in (ANN, BOB) for code in ("a", "b")}
    assert len(hashes) == 8
