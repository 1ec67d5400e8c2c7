"""Answers carry what they must, change nothing that was there, and break out of nothing."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.oauth.response import ResponseTarget, code_response, error_response
from limen.kernel.errors import Fault
from tests.unit.access.jose.doubles import ISSUER
from tests.unit.access.oauth.doubles import REDIRECT, desk, request

pytestmark = pytest.mark.anyio


def fields_of(location):
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True, strict_parsing=True))


async def test_a_code_goes_back_with_state_and_issuer():
    target = await code_response(desk(), request(), "a-code")
    assert (target.url, target.mode) == (REDIRECT, "query")
    assert fields_of(target.location) == {"code": "a-code", "state": "a state", "iss": ISSUER}


async def test_without_a_state_none_is_made_up():
    assert set((await code_response(desk(), request(state=""), "a-code")).fields) == {"code", "iss"}


async def test_an_error_goes_back_with_description_state_and_issuer():
    target = await error_response(desk(), request().refused("access_denied", "The customer denied the request."))
    assert fields_of(target.location) == {
        "error": "access_denied",
        "error_description": "The customer denied the request.",
        "state": "a state",
        "iss": ISSUER,
    }


async def test_an_error_without_description_has_none():
    assert "error_description" not in (await error_response(desk(), request().refused("login_required"))).fields


@pytest.mark.parametrize(
    ("uri", "begins"),
    [
        ("https://a.example/cb?tenant=7", "https://a.example/cb?tenant=7&code="),
        ("https://a.example/cb?tenant=7&", "https://a.example/cb?tenant=7&code="),
        ("https://a.example/cb?", "https://a.example/cb?code="),
        ("https://a.example/cb?next=%2Fa%3Fb", "https://a.example/cb?next=%2Fa%3Fb&code="),
        ("com.example.app:/cb", "com.example.app:/cb?code="),
    ],
)
async def test_the_query_of_the_redirect_uri_stays_as_it_was(uri, begins):
    target = await code_response(desk(), request(redirect_uri=uri), "a-code")
    assert target.location.startswith(begins + "a-code")


async def test_a_form_post_answer_is_never_in_a_url():
    target = await code_response(desk(), request(response_mode="form_post"), "a-code")
    assert (target.url, target.mode) == (REDIRECT, "form_post")
    assert target.fields == {"code": "a-code", "state": "a state", "iss": ISSUER}
    with pytest.raises(Fault):
        _ = target.location


async def test_its_repr_shows_no_code():
    assert "a-code" not in repr(await code_response(desk(), request(), "a-code"))


@given(st.text(max_size=50))
def test_whatever_the_state_is_it_comes_back_as_one_parameter_on_one_line(state):
    try:
        state.encode()
    except UnicodeEncodeError:
        return  # a lone surrogate: no parser of ours lets one in
    location = ResponseTarget(REDIRECT, "query", {"code": "c", "state": state, "iss": ISSUER}).location
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location
    assert fields_of(location) == {"code": "c", "state": state, "iss": ISSUER}


async def test_a_fragment_stands_behind_the_query_that_was_registered():
    asked = request(redirect_uri="https://a.example/cb?t=7", response_mode="fragment")
    target = await code_response(desk(), asked, "c")
    assert target.location.startswith("https://a.example/cb?t=7#code=c&state=a%20state&iss=")
