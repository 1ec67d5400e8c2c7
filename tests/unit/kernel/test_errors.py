"""Refusals are values, faults are raised, and neither passes for the other."""

import dataclasses
import inspect

import pytest

from limen.kernel import errors
from limen.kernel.errors import Fault, Invalid, Misconfigured, Refusal, Throttled, Unavailable

CLASSES = [value for _, value in inspect.getmembers(errors, inspect.isclass) if value.__module__ == errors.__name__]


def test_everything_is_either_a_refusal_or_a_fault() -> None:
    for each in CLASSES:
        assert issubclass(each, Refusal) != issubclass(each, Fault), each


def test_a_refusal_cannot_be_raised() -> None:
    with pytest.raises(TypeError):
        raise Invalid("shape")  # type: ignore[misc]


def test_a_refusal_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Invalid("shape").code = "other"  # type: ignore[misc]


def test_two_refusals_do_not_share_their_fields() -> None:
    assert Invalid("a").fields is not Invalid("b").fields


def test_refusals_of_different_kinds_differ() -> None:
    assert Throttled("slow_down") != Unavailable("slow_down")


@pytest.mark.parametrize("kind", [Throttled, Unavailable])
def test_who_must_wait_is_told_at_least_a_second(kind: type[Throttled]) -> None:
    assert kind("slow_down").retry_after == 1


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    for each in CLASSES:
        assert each.__name__ in (errors.__doc__ or ""), each


def test_a_misconfiguration_says_what_to_do() -> None:
    assert Misconfigured("no keyring", "make one").hint == "make one"
    assert str(Misconfigured("no keyring", "make one")) == "no keyring"
