"""HTTP Basic as OAuth means it."""

from base64 import b64encode

import pytest

from limen.access.http import ClientCredentials, parse_basic
from limen.kernel.errors import Unauthenticated


def _header(credentials: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(credentials).decode()}"


def _parsed(header: str) -> tuple[str, str]:
    credentials = parse_basic(header)
    assert isinstance(credentials, ClientCredentials)
    return credentials.client_id, credentials.secret.reveal()


def test_identifier_and_secret_are_read() -> None:
    assert _parsed(_header(b"s6BhdRkqt3:gX1fBat3bV")) == ("s6BhdRkqt3", "gX1fBat3bV")


def test_the_scheme_is_compared_without_regard_to_case() -> None:
    assert _parsed(_header(b"a:b", "bAsIc")) == ("a", "b")


def test_both_halves_are_form_decoded() -> None:
    assert _parsed(_header(b"https%3A%2F%2Fapp.example:p%3Ass+%2B%C3%A4")) == ("https://app.example", "p:ss +ä")


def test_the_secret_may_hold_colons() -> None:
    assert _parsed(_header(b"a:b:c")) == ("a", "b:c")


def test_a_secret_may_be_empty() -> None:
    assert _parsed(_header(b"a:")) == ("a", "")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Bearer abc",
        "Basic !!!!",
        "Basic YTpi YTpi",
        _header(b"no colon"),
        _header(b":secret"),
        _header(b"a%zz:b"),
        _header(b"a%00:b"),
        _header(b"a\r\nb:c"),
        _header(b"a:%0d%0a"),
        _header(b"\xff:b"),
        _header(b"a:" + b"b" * 5_000),
    ],
)
def test_whatever_is_wrong_gets_one_and_the_same_refusal(header: str) -> None:
    assert parse_basic(header) == Unauthenticated("invalid_client", "the client credentials are not well formed")


def test_the_secret_is_not_part_of_the_repr() -> None:
    assert "hunter2" not in repr(parse_basic(_header(b"a:hunter2")))
