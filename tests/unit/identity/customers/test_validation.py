"""Profiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.identity.customers.records import Profile
from limen.identity.customers.validation import normalised, validate


@pytest.mark.parametrize("name", ["Ann", "Søren Kierkegaard", "نرگس‌سادات", "👩‍🚀", "O'Neill-李", "אבי"])
def test_names_of_any_script_pass(name):
    assert validate(Profile(name=name)) is None


@pytest.mark.parametrize("name", ["a\nb", "a\x00b", "\u202eevil", "a\u2066b", "\ud800", "x" * 201, "\ue000"])
def test_names_that_would_rewrite_their_line_are_refused(name):
    assert validate(Profile(name=name)).fields == {"name": "name.invalid"}


@pytest.mark.parametrize(("field", "value"), [("locale", "../x"), ("zoneinfo", "/etc"), ("zoneinfo", "a/../b")])
def test_locales_and_zones_have_their_syntax(field, value):
    assert field in validate(Profile(**{field: value})).fields


def test_a_name_of_a_mebibyte_is_refused_without_being_normalised():
    marks = "a" + "\u0316\u0301" * (1 << 19)
    assert normalised(Profile(name=marks)).name == marks
    assert validate(Profile(name=marks)) is not None


@given(st.text(max_size=250))
def test_no_name_raises_and_normalising_twice_changes_nothing(name):
    once = normalised(Profile(name=name))
    assert normalised(once) == once
    validate(once)
