"""Taking tokens apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.jose.compact import MAX_TOKEN_BYTES, split, strict_object
from limen.kernel.encoding import b64url
from tests.unit.access.jose.doubles import segment


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "ä.b.YQ", "a.b.YQ=", "a.b.YR", "a.b.Y Q"])
def test_what_is_not_three_canonical_segments_is_refused(token: str) -> None:
    assert split(token) is None


def test_the_size_is_limited_before_any_work() -> None:
    assert split("a." + "b" * (MAX_TOKEN_BYTES - 4) + ".YQ") is None
    assert split("a." + "b" * (MAX_TOKEN_BYTES - 5) + ".YQ") is not None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"outer":[{"a":1,"a":2}]}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":1} x',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"[" * 11_000,
        b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"a":' + b"9" * 6_000 + b"}",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_what_parsers_could_read_differently_is_refused(text: bytes) -> None:
    assert strict_object(b64url(text)) is None


def test_a_proper_object_is_read() -> None:
    assert strict_object(segment({"a": [1, {"b": "ü"}], "c": None})) == {"a": [1, {"b": "ü"}], "c": None}


@given(st.text() | st.binary().map(b64url))
def test_no_segment_raises(text: str) -> None:
    assert strict_object(text) is None or isinstance(strict_object(text), dict)
    split(text)
