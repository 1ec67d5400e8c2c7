"""Scope parameters (RFC 6749 §3.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.tokens.scopes import MACHINE_FORBIDDEN, requested_scopes
from limen.kernel.errors import Invalid

ALLOWED = ("openid", "orders", "a:b/c")


def test_without_a_parameter_all_that_is_allowed_is_asked_for():
    assert requested_scopes(None, ALLOWED) == ALLOWED


def test_what_is_asked_for_keeps_its_order_and_comes_once():
    assert requested_scopes("orders openid orders", ALLOWED) == ("orders", "openid")


@pytest.mark.parametrize("parameter", ["", " ", "orders ", " orders", "orders  openid", "orders\topenid", 'or"ders'])
def test_a_malformed_scope_is_refused(parameter: str):
    assert requested_scopes(parameter, ALLOWED) == Invalid("invalid_scope", "a scope is malformed")


@pytest.mark.parametrize("parameter", ["payments", "openid payments", "OPENID", "order", "orderss"])
def test_a_scope_that_is_not_allowed_is_refused_as_a_whole(parameter: str):
    assert requested_scopes(parameter, ALLOWED) == Invalid("invalid_scope", "a scope is not allowed for this client")


@given(st.text(max_size=300))
def test_whatever_is_asked_for_nothing_but_what_is_allowed_is_answered(parameter: str):
    answer = requested_scopes(parameter, ALLOWED)
    assert isinstance(answer, Invalid) or set(answer) <= set(ALLOWED)


def test_every_scope_that_speaks_of_a_person_is_forbidden_to_machines():
    of_a_person = {"openid", "profile", "email", "phone", "address", "offline_access"}
    assert {*of_a_person, "account:read", "account:write", "account:credentials"} == MACHINE_FORBIDDEN
