"""Details in words: whatever a client writes, it stands in its place and does nothing else."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.resources.wording import is_wording, worded

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def test_members_stand_in_their_places():
    detail = {"amount": {"value": "12.50", "currency": "EUR"}, "to": "A"}
    assert plain(worded("Pay {amount.value} {amount.currency} to {to}.", detail)) == "Pay 12.50 EUR to A."


def test_each_place_is_isolated_from_the_direction_of_what_is_around_it():
    assert worded("to {to}.", {"to": "\u0645"}) == "to \u2068\u0645\u2069."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "\u2013"),
        ("", "\u2013"),
        (True, "✓"),
        (["a", "b"], "a, b"),
        ({"a": 1}, "a: 1"),
        ("x" * 300, "x" * 199 + "…"),
        ("a\r\nb\tc", "a  b c"),
        ("a\u202eb\u2069c\u200bd", "abcd"),
        ("{to}", "{to}"),
    ],
)
def test_how_values_are_shown(value: Any, shown: str):
    assert plain(worded("{to}", {"to": value})) == shown


def test_what_is_not_there_is_a_dash():
    assert plain(worded("{a.b.c} {a}", {"a": "text"})) == "\u2013 text"


@given(values)
def test_no_value_breaks_the_line_or_steers_the_text(value: Any):
    said = worded("Pay {x} now", {"x": value})
    inner = said.removeprefix("Pay \u2068").removesuffix("\u2069 now")
    assert len(inner) <= 200
    assert not {unicodedata.category(one) for one in inner} & {"Cc", "Cf", "Zl", "Zp", "Cs"}


@pytest.mark.parametrize("template", ["Pay", "Pay {a}", "{a.b_c.d}{e}"])
def test_a_wording_with_places_has_a_reading(template: str):
    assert is_wording(template)


@pytest.mark.parametrize(
    "template", ["{", "}", "{}", "{a", "{a b}", "{a.}", "{a!r}", "{0}", "a\nb", "{a.b.c.d.e.f.g.h}"]
)
def test_one_with_other_braces_has_none(template: str):
    assert not is_wording(template)
