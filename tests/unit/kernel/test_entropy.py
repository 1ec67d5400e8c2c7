"""Random digits are uniform, random tokens are whole."""

from collections import Counter

import pytest

from limen.kernel.encoding import from_b64url
from limen.kernel.entropy import SystemEntropy, random_digits, random_token
from tests.support.entropy import SeededEntropy


class Scripted:
    """Chance that says what it is told to, in order."""

    def __init__(self, *portions: bytes) -> None:
        self.portions = list(portions)

    def bytes(self, count: int) -> bytes:
        return self.portions.pop(0)


def test_digits_are_uniform(entropy: SeededEntropy) -> None:
    counts = Counter(random_digits(entropy, 100_000))
    assert set(counts) == set("0123456789")
    # Chi-square with nine degrees of freedom: above 27.9 once in a thousand seeds, and this seed is fixed.
    assert sum((count - 10_000) ** 2 / 10_000 for count in counts.values()) < 27.9


def test_bytes_that_would_favour_low_digits_are_thrown_away() -> None:
    assert random_digits(Scripted(bytes([250, 255, 249, 0, 253, 13])), 3) == "903"


def test_more_is_asked_for_where_too_much_was_thrown_away() -> None:
    assert random_digits(Scripted(bytes([255, 255]), bytes([255, 7]), bytes([1, 2])), 2) == "71"


@pytest.mark.parametrize("count", [0, 1, 6, 8, 33])
def test_as_many_digits_as_asked_for(entropy: SeededEntropy, count: int) -> None:
    digits = random_digits(entropy, count)
    assert len(digits) == count
    assert digits == "" or digits.isdecimal()


def test_a_code_may_begin_with_zero(entropy: SeededEntropy) -> None:
    assert any(random_digits(entropy, 6).startswith("0") for _ in range(200))


@pytest.mark.parametrize(("size", "length"), [(16, 22), (32, 43), (33, 44)])
def test_a_token_holds_every_byte(size: int, length: int) -> None:
    token = random_token(SeededEntropy(4), size)
    assert len(token) == length
    assert from_b64url(token) == SeededEntropy(4).bytes(size)


def test_the_system_gives_what_is_asked_for() -> None:
    assert len(SystemEntropy().bytes(48)) == 48
    assert SystemEntropy().bytes(16) != SystemEntropy().bytes(16)
