"""JSON with one reading."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.integration.api.strict_json import MalformedJson, strict_json

_texts = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"]), max_size=20)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)


@given(_values)
def test_plain_json_is_read_as_everybody_reads_it(value):
    assert strict_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data):
    try:
        value = strict_json(data)
    except MalformedJson:
        return
    assert value == json.loads(data)
    assert not (isinstance(value, float) and not math.isfinite(value))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        "NaN",
        "[Infinity]",
        "1e400",
        '"\\u0000"',
        '{"\\u0000":1}',
        '"\\udc00"',
        "9" * 30,
    ],
)
def test_json_with_two_readings_is_refused(text):
    with pytest.raises(MalformedJson):
        strict_json(text.encode())


def test_depth_is_bounded():
    assert strict_json(b"[" * 20 + b"]" * 20)
    with pytest.raises(MalformedJson):
        strict_json(b"[" * 40 + b"]" * 40)
