"""What tokens of others say of themselves, read in one way."""

import pytest

from limen.access.jose.registered_claims import SKEW, good_until, is_for_us_alone, token_name, untimely
from limen.kernel.clock import MINUTE, SECOND
from limen.kernel.errors import Invalid

NOW_S = 1_800_000_000
NOW = NOW_S * SECOND


@pytest.mark.parametrize("claims", [{}, {"exp": NOW_S - 29}, {"nbf": NOW_S + 30}, {"iat": NOW_S - 0.5, "exp": NOW_S}])
def test_times_that_hold_within_what_clocks_differ_by(claims) -> None:
    assert untimely(claims, NOW) == ""


@pytest.mark.parametrize(
    "claims",
    [{"exp": NOW_S - 30}, {"nbf": NOW_S + 31}, {"iat": NOW_S + 31}, {"exp": "1"}, {"nbf": None}, {"exp": True}],
)
def test_times_that_do_not_hold(claims) -> None:
    assert untimely(claims, NOW)


def test_a_token_is_remembered_as_long_as_it_would_pass() -> None:
    until = good_until({"exp": NOW_S + 60}, NOW, MINUTE)
    assert until == NOW + MINUTE + SKEW
    assert untimely({"exp": NOW_S + 60}, until - 1) == ""
    assert untimely({"exp": NOW_S + 60}, until)


@pytest.mark.parametrize("claims", [{}, {"exp": NOW_S + 91}, {"exp": NOW_S + 60, "nbf": NOW_S + 31}])
def test_what_never_ends_lives_too_long_or_did_not_begin_is_refused(claims) -> None:
    assert isinstance(good_until(claims, NOW, MINUTE), Invalid)


@pytest.mark.parametrize("audience", [None, [], "other", ["us", "other"], ["us", 1], {"us": 1}])
def test_a_token_for_anybody_beside_us_is_not_for_us(audience) -> None:
    assert not is_for_us_alone({"aud": audience}, {"us"})


@pytest.mark.parametrize("audience", ["us", ["us"], ["us", "also us"]])
def test_a_token_may_name_several_of_our_addresses(audience) -> None:
    assert is_for_us_alone({"aud": audience}, {"us", "also us"})


@pytest.mark.parametrize("jti", [None, "", 1, "x" * 257])
def test_a_token_without_a_name_of_reasonable_length_has_none(jti) -> None:
    assert token_name({"jti": jti}) is None
