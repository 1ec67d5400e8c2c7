"""One value has one spelling, and different lists never read the same."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.kernel.encoding import b64url, canonical_json, framed, framed_place, from_b64url, link_hash, sha256

PARTS = st.lists(st.one_of(st.binary(max_size=12), st.text(max_size=12)), max_size=5)


def as_bytes(parts: list[bytes | str]) -> list[bytes]:
    return [part.encode() if isinstance(part, str) else part for part in parts]


@given(st.binary(max_size=100))
def test_base64url_round_trips_without_padding(data: bytes) -> None:
    text = b64url(data)
    assert from_b64url(text) == data
    assert "=" not in text
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_the_alphabet_is_that_of_urls() -> None:
    assert b64url(b"\xfb\xff\xfe") == "-__-"


@pytest.mark.parametrize(
    "text",
    ["A", "QQ==", "QQ=", "QR", "Q+8", "Q/8", "QUJ DRA", "QUJD\n", " QUJD", "Ü", "QUJ٣", "====", "QUJD.QUJD"],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_b64url(text)


@given(st.text(max_size=30))
def test_what_is_accepted_is_canonical(text: str) -> None:
    try:
        data = from_b64url(text)
    except ValueError:
        return
    assert b64url(data) == text


@given(PARTS, PARTS)
def test_framing_is_injective(first: list[bytes | str], second: list[bytes | str]) -> None:
    assert (framed(*first) == framed(*second)) == (as_bytes(first) == as_bytes(second))


@pytest.mark.parametrize(
    ("first", "second"),
    [(("ab", "c"), ("a", "bc")), (("a",), ("a", "")), ((), ("",)), (("ab",), ("a", "b")), (("a", "b"), ("b", "a"))],
)
def test_moving_a_boundary_changes_the_frame(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    assert framed(*first) != framed(*second)


def test_a_frame_is_length_then_part() -> None:
    assert framed("ab", b"\x00") == b"\x00\x00\x00\x02ab\x00\x00\x00\x01\x00"


@given(st.binary(max_size=6), st.lists(st.text(max_size=12) | st.just("ü" * 128), min_size=4, max_size=4))
def test_a_place_is_framed_as_everything_is(header: bytes, names: list[str]) -> None:
    assert framed_place(header, *names) == framed(header, *names)


def test_canonical_json_does_not_depend_on_the_order_of_making() -> None:
    assert canonical_json({"b": 1, "a": {"d": [1, 2], "c": None}}) == b'{"a":{"c":null,"d":[1,2]},"b":1}'


@given(st.dictionaries(st.text(max_size=5), st.integers(-(2**53), 2**53), max_size=6))
def test_equal_values_give_equal_bytes(value: dict[str, int]) -> None:
    assert canonical_json(value) == canonical_json(dict(reversed(value.items())))


def test_sha256_of_parts_is_that_of_the_whole() -> None:
    assert sha256(b"thres", b"", b"hold") == hashlib.sha256(b"threshold").digest()


def test_a_link_is_stored_as_the_sha_256_of_its_token() -> None:
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert link_hash("abc").hex() == known
