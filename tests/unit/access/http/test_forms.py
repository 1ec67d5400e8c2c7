"""What the form parser takes and what it refuses."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.http import FORM, FormLimits, parse_form, parse_query
from limen.kernel.errors import Invalid, Refusal


def test_a_token_request_is_read() -> None:
    body = b"grant_type=authorization_code&code=a%2Bb&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=x+y"
    assert parse_form(body, FORM) == {
        "grant_type": "authorization_code",
        "code": "a+b",
        "redirect_uri": "https://app.example/cb",
        "state": "x y",
    }


@pytest.mark.parametrize(
    "content_type",
    [FORM, "Application/X-WWW-Form-URLencoded", f"{FORM};charset=UTF-8", f'{FORM}; charset="utf-8"', f" {FORM} ;"],
)
def test_the_content_type_is_read_by_its_grammar(content_type: str) -> None:
    assert parse_form(b"a=1", content_type) == {"a": "1"}


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "text/plain", f"{FORM}; charset=latin-1", f"{FORM}x", f"{FORM}; x=y"]
)
def test_another_content_type_is_refused(content_type: str | None) -> None:
    assert isinstance(parse_form(b"a=1", content_type), Invalid)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"a=1&a=2", id="repeated"),
        pytest.param(b"a=1&%61=2", id="repeated under another spelling"),
        pytest.param(b"a=&a=2", id="repeated, once without a value"),
        pytest.param(b"a=%", id="half an escape"),
        pytest.param(b"a=%4", id="half an escape at the end"),
        pytest.param(b"a=%zz", id="no hexadecimal digits"),
        pytest.param(b"a=%00", id="encoded NUL"),
        pytest.param(b"a=b\x00c", id="bare NUL"),
        pytest.param(b"a=%ff", id="encoded bytes that are not UTF-8"),
        pytest.param(b"a=\xff", id="bare bytes that are not UTF-8"),
        pytest.param(b"a=%c0%80", id="overlong NUL"),
        pytest.param(b"a=%ed%a0%80", id="surrogate"),
        pytest.param(b"=1", id="no name"),
        pytest.param(b"n" * 65 + b"=1", id="long name"),
        pytest.param(b"&" * 64, id="many separators"),
        pytest.param(b"&".join(b"p%d=1" % number for number in range(65)), id="many parameters"),
        pytest.param(b"a=" + b"x" * 32_769, id="long value"),
        pytest.param(b"a=" + b"x" * 65_536, id="long body"),
    ],
)
def test_what_is_malformed_or_too_much_is_refused_as_a_whole(body: bytes) -> None:
    refused = parse_form(body, FORM)
    assert isinstance(refused, Invalid)
    assert refused.code == "invalid_request"


def test_a_parameter_without_a_value_counts_as_omitted() -> None:
    assert parse_form(b"a=1&scope=&state", FORM) == {"a": "1"}


def test_an_empty_body_has_no_parameters() -> None:
    assert parse_form(b"", FORM) == {}


def test_the_detail_repeats_nothing_of_the_input() -> None:
    refused = parse_form(b"hunter2=hunter2&hunter2=hunter2", FORM)
    assert isinstance(refused, Refusal)
    assert "hunter2" not in refused.detail


def test_a_repeatable_parameter_arrives_joined_by_spaces() -> None:
    limits = FormLimits(repeatable=frozenset({"resource"}))
    assert parse_form(b"resource=https://a&x=1&resource=https://b", FORM, limits) == {
        "resource": "https://a https://b",
        "x": "1",
    }


def test_a_repeatable_value_cannot_smuggle_a_second_one_in() -> None:
    limits = FormLimits(repeatable=frozenset({"resource"}))
    assert isinstance(parse_form(b"resource=https://a+https://b", FORM, limits), Invalid)


def test_a_query_follows_the_same_rules() -> None:
    assert parse_query("client_id=a&scope=openid%20email") == {"client_id": "a", "scope": "openid email"}
    assert isinstance(parse_query("client_id=a&client_id=b"), Invalid)
    assert isinstance(parse_query("state=" + "x" * 70_000), Invalid)


_texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(_texts, _texts, max_size=10))
def test_whatever_a_client_encodes_properly_is_read_back(parameters: dict[str, str]) -> None:
    assert parse_form(urlencode(parameters).encode(), FORM) == parameters


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused_and_never_raise(body: bytes) -> None:
    assert isinstance(parse_form(body, FORM), dict | Invalid)
