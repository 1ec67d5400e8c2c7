"""Narrowing authorization details (RFC 9396 §6): less is less only where nobody can doubt it."""

from typing import Any

import pytest

from limen.access.tokens.details import narrowed_details
from limen.kernel.errors import Invalid

WHOLE: dict[str, Any] = {"type": "t", "actions": ["a", "b"], "amount": {"value": 3}, "flag": True, "odd": [1, {"x": 2}]}


@pytest.mark.parametrize(
    "change", [{}, {"actions": ["b"]}, {"actions": ["b", "a"]}, {"actions": ["a", "a"]}, {"odd": [1, {"x": 2}]}]
)
def test_fewer_elements_of_a_list_of_texts_are_less(change: dict[str, Any]):
    narrow = {**WHOLE, **change}
    assert narrowed_details((WHOLE,), (narrow,)) == (narrow,)


@pytest.mark.parametrize(
    "change",
    [
        {"actions": ["a", "c"]},
        {"actions": []},
        {"actions": "a"},
        {"amount": {"value": 2}},
        {"amount": {"value": 3.0}},
        {"amount": {}},
        {"flag": 1},
        {"odd": [1]},
        {"odd": [True, {"x": 2}]},
        {"type": "u"},
        {"more": 1},
    ],
)
def test_anything_else_must_be_equal(change: dict[str, Any]):
    assert isinstance(narrowed_details((WHOLE,), ({**WHOLE, **change},)), Invalid)


def test_nothing_wanted_is_all_that_was_granted_and_one_too_many_refuses_all():
    assert narrowed_details((WHOLE,), ()) == (WHOLE,)
    assert isinstance(narrowed_details((WHOLE,), (WHOLE, {"type": "u"})), Invalid)
    assert isinstance(narrowed_details((), (WHOLE,)), Invalid)
