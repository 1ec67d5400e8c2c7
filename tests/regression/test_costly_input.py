"""Input that costs far more to read than to send."""

import unicodedata

import pytest

from limen.identity.customers import addresses
from limen.kernel.errors import Refusal

MARKS = "\u0315\u0300\u05ae\u0301"
"""Combining marks out of their canonical order: to sort a run of them costs the square of its length."""


@pytest.mark.parametrize("text", ["a" + MARKS * 8_000, "\ufdfa" * 32_000, "a" * 32_000 + "@example.com"])
def test_no_address_beyond_the_limit_is_ever_normalised(monkeypatch, text):
    seen: list[int] = []

    class Watched:
        @staticmethod
        def normalize(form: str, given: str) -> str:
            seen.append(len(given))
            return unicodedata.normalize(form, given)

    monkeypatch.setattr(addresses, "unicodedata", Watched)
    assert isinstance(addresses.parse_email(text), Refusal)
    assert not seen
