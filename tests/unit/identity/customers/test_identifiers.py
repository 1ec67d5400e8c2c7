"""What is typed to say who one is: an address, a user name or a number, and never two of them."""

import pytest

from limen.identity.customers.identifiers import EMAIL, NUMBER, USERNAME, kind_of, parse_identifier
from limen.identity.customers.usernames import parse_username
from limen.kernel.errors import Invalid


def read(text, *, usernames=True, region="DE"):
    found = parse_identifier(text, usernames=usernames, region=region)
    return None if isinstance(found, Invalid) else (kind_of(found), found)


@pytest.mark.parametrize(
    ("typed", "kind", "kept"),
    [
        ("Ann@Example.COM", EMAIL, "ann@example.com"),
        (" Ann.Lee ", USERNAME, "ann.lee"),
        ("\uff21\uff2e\uff2e", USERNAME, "ann"),  # full width
        ("J\u0308rg", USERNAME, "j\u0308rg"),
        ("o\u0308tzi", USERNAME, "\u00f6tzi"),
        ("0151 2345 6789", NUMBER, "+4915123456789"),
        ("+41 79 123 45 67", NUMBER, "+41791234567"),
        ("٠١٥١٢٣٤٥٦٧٨٩", NUMBER, "+4915123456789"),
    ],
)
def test_each_shape_is_one_kind_and_stays_what_it_is(typed, kind, kept):
    assert read(typed) == (kind, kept)
    assert read(kept) == (kind, kept)


@pytest.mark.parametrize(
    "typed", ["", "ab", "a b", "12345678", "ann\u200b", "a\uff20b", "+ann", "x" * 41, "\ud800ab", "١٢٣"]
)
def test_what_is_none_of_them_is_refused(typed):
    assert read(typed) is None


def test_what_the_tenant_does_not_allow_is_no_identifier():
    assert read("ann.lee", usernames=False) is None
    assert read("0151 2345 6789", region=None) is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("ab", "username.length"),
        ("x" * 41, "username.length"),
        ("a b c", "username.invalid"),
        ("a@b", "username.invalid"),
        ("\u0430nn.lee", "username.mixed"),  # Cyrillic, then Latin
        ("\u0391lpha", "username.mixed"),  # Greek
        ("\u10d0\u0570\u10d1", "username.mixed"),  # Georgian, Armenian
        ("\u30a2\ud55c\uae00", "username.mixed"),  # Katakana, Hangul
        ("a1\u09e7", "username.mixed"),  # two kinds of digits
    ],
)
def test_why_a_name_will_not_do_is_said(typed, problem):
    assert parse_username(typed).fields == {"username": problem}


@pytest.mark.parametrize(
    "typed",
    [
        "ann-lee_99",
        "\u0430\u043d\u043d\u0430.99",  # Cyrillic
        "zo\u0301e\u0308",  # marks of no script
        "\u0646\u0648\u0631\u064e1",  # Arabic with a mark
        "ann\u5c71\u3005\u3042\u30fc",  # Latin, Han, Hiragana and a mark of both Japanese ones
        "\ud55c\uae00kim",  # Hangul, Latin
        "\u0928\u093f\u0924\u093e",  # Devanagari with its own marks
    ],
)
def test_a_name_of_one_script_is_kept(typed):
    assert isinstance(parse_username(typed), str)
