"""E-mail addresses: the short way for plain ones gives what the long way gives."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.identity.customers import addresses
from limen.identity.customers.addresses import parse_email

NEVER = re.compile(r"(?!)(?P<local>)(?P<domain>)(?P<top>)")


def the_long_way(text: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "_PLAIN", NEVER)
        return parse_email(text)


ADDRESSES = [
    "ann@example.com",
    " Ann.Lee+shop@Mail.Example.CO.uk ",
    "a@b.c",
    "a@b.cd",
    "ann@example.invalid",
    "ann@example.test",
    "ann@server.local",
    "ann@service.onion",
    "ann@localhost",
    "ann@xn--bcher-kva.example",
    "ann@ab--cd.example",
    "ann@-a.example",
    "ann@a-.example",
    "ann@a_b.example",
    "ann@example.c0m",
    "ann@127.0.0.1",
    ".ann@example.com",
    "ann.@example.com",
    "an..n@example.com",
    f"{'a' * 64}@example.com",
    f"{'a' * 65}@example.com",
    f"ann@{'a' * 63}.com",
    f"ann@{'a' * 64}.com",
    f"ann@{'.'.join(['a' * 60] * 4)}.com",
    "o'hara@example.com",
    "ann@example.com.",
    "",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_the_same_by_either_way(text: str) -> None:
    assert parse_email(text) == the_long_way(text)


@given(st.from_regex(r"[A-Za-z0-9._+-]{1,20}@[A-Za-z0-9.-]{1,30}", fullmatch=True))
def test_any_ascii_address_is_the_same_by_either_way(text: str) -> None:
    assert parse_email(text) == the_long_way(text)


def test_a_plain_address_is_lower_case() -> None:
    assert parse_email("Ann@Example.COM") == "ann@example.com"
