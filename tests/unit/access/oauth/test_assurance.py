"""Which level evidence bears, and what is stated of it."""

import pytest

from limen.access.oauth.assurance import HARDWARE, MULTI_FACTOR, SERVED, SINGLE_FACTOR, acr, least, level, stated
from limen.access.sessions.records import Evidence


def shown(*names, **flags):
    return [Evidence(name, 0, **flags) for name in names]


@pytest.mark.parametrize(
    ("evidence", "reached"),
    [
        (shown(), 0),
        (shown("email"), 0),
        (shown("unheard_of"), 0),
        (shown("pwd"), 1),
        (shown("email", "otp"), 1),
        (shown("email", "pwd"), 1),
        (shown("otp", "recovery_code"), 1),
        (shown("pwd", "otp"), 2),
        (shown("pwd", "sms"), 2),
        (shown("swk"), 1),
        (shown("swk", user_verified=True), 2),
        (shown("swk", "pwd"), 2),
        (shown("hwk", user_verified=True), 2),
        (shown("hwk", key_bound=True), 1),
        (shown("hwk", user_verified=True, key_bound=True), 3),
        (shown("pwd") + shown("hwk", key_bound=True), 3),
    ],
)
def test_two_kinds_of_factor_make_the_second_level_and_a_bound_key_the_third(evidence, reached):
    assert level(evidence) == reached


def test_what_bears_no_level_states_none():
    assert acr(shown("email")) == ""
    assert stated(shown("email"), (SINGLE_FACTOR,)) is None


@pytest.mark.parametrize(
    ("required", "said"),
    [
        ((), MULTI_FACTOR),
        ((MULTI_FACTOR,), MULTI_FACTOR),
        ((SINGLE_FACTOR,), SINGLE_FACTOR),
        (("gold", SINGLE_FACTOR), SINGLE_FACTOR),
        ((SINGLE_FACTOR, MULTI_FACTOR, HARDWARE), MULTI_FACTOR),
        ((HARDWARE,), None),
        (("gold",), None),
    ],
)
def test_more_than_was_required_is_stated_as_what_was_required(required, said):
    assert stated(shown("pwd", "otp"), required) == said


def test_of_several_that_are_required_the_least_is_enough():
    assert least((HARDWARE, MULTI_FACTOR, "gold")) == 2
    assert least(("gold",)) == least(()) == 0
    assert {SINGLE_FACTOR, MULTI_FACTOR, HARDWARE} == SERVED
