"""Identifiers tell their type and the order of their making, and nothing else passes for one."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.kernel import ids
from limen.kernel.ids import CustomerId, SessionId, TypedId
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

TYPES = [
    value
    for _, value in inspect.getmembers(ids, inspect.isclass)
    if issubclass(value, TypedId) and value is not TypedId
]


class Fixed:
    """Chance that always says the same."""

    def __init__(self, byte: int) -> None:
        self.byte = byte

    def bytes(self, count: int) -> bytes:
        return bytes([self.byte]) * count


def number(identifier: TypedId) -> int:
    """Return the 128 bits behind *identifier*, by a decoder of our own."""
    value = 0
    for character in identifier.partition("_")[2]:
        value = value * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(character)
    return value


def test_text_sorts_by_creation(clock: ManualClock, entropy: SeededEntropy) -> None:
    made = []
    for _ in range(200):
        made.append(CustomerId.new(clock, entropy))
        clock.advance(0.001)
    assert made == sorted(made)


def test_ten_thousand_of_one_millisecond_differ(clock: ManualClock, entropy: SeededEntropy) -> None:
    assert len({CustomerId.new(clock, entropy) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("byte", [0x00, 0x5A, 0xFF])
def test_version_and_variant_are_those_of_a_uuid_version_7(clock: ManualClock, byte: int) -> None:
    value = number(CustomerId.new(clock, Fixed(byte)))
    assert value >> 76 & 0xF == 7
    assert value >> 62 & 0b11 == 0b10


@pytest.mark.parametrize("byte", [0x00, 0x5A, 0xFF])
def test_the_first_48_bits_are_the_milliseconds(clock: ManualClock, byte: int) -> None:
    assert number(CustomerId.new(clock, Fixed(byte))) >> 80 == clock.now() // 1000
    assert CustomerId.new(clock, Fixed(byte)).made_at == clock.now() // 1000 * 1000


def test_74_bits_are_random(clock: ManualClock) -> None:
    differing = number(CustomerId.new(clock, Fixed(0x00))) ^ number(CustomerId.new(clock, Fixed(0xFF)))
    assert differing.bit_count() == 74


def test_a_new_identifier_parses_as_itself(clock: ManualClock, entropy: SeededEntropy) -> None:
    made = CustomerId.new(clock, entropy)
    assert CustomerId.parse(str(made)) == made
    assert type(CustomerId.parse(str(made))) is CustomerId


def test_an_identifier_of_another_type_does_not_parse(clock: ManualClock, entropy: SeededEntropy) -> None:
    assert SessionId.parse(CustomerId.new(clock, entropy)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cus",
        "cus_",
        "cus_0123456789abcdefghjkmnpqr",
        "cus_0123456789abcdefghjkmnpqrst",
        "cus_0123456789abcdefghjkmnpqrU",
        "cus_0123456789abcdefghjkmnpqil",
        "cus_0123456789ABCDEFGHJKMNPQRS",
        "CUS_0123456789abcdefghjkmnpqrs",
        "cus_0123456789abcdefghjkmnpq\n",
        "cus_0123456789abcdefghjkmnp٣rs",
        "cus_0123456789abcdefgh_jkmnpqr",
        " cus_0123456789abcdefghjkmnpqrs",
    ],
)
def test_what_is_not_an_identifier_does_not_parse(text: str) -> None:
    assert CustomerId.parse(text) is None


@given(st.text(max_size=40))
def test_any_text_parses_to_itself_or_to_nothing(text: str) -> None:
    assert CustomerId.parse(text) in {None, text}


def test_no_two_types_share_a_prefix() -> None:
    prefixes = [each.prefix for each in TYPES]
    assert len(prefixes) == len(set(prefixes)) > 5
    assert all(len(prefix) == 3 and prefix.isalpha() and prefix.islower() for prefix in prefixes)
