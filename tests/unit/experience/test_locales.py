"""Which language a person gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.experience.rendering import LOCALES, direction, negotiate_locale, spoken
from limen.identity.tenants.records import SPOKEN

_SUPPORTED = ("en", "de", "ar")


@pytest.mark.parametrize(
    ("header", "chosen", "locale"),
    [
        ("", "", "en"),
        ("de", "", "de"),
        ("de-AT", "", "de"),
        ("DE-at", "", "de"),
        ("fr, de;q=0.5", "", "de"),
        ("de;q=0.3, ar;q=0.9", "", "ar"),
        ("de;q=0, ar", "", "ar"),
        ("*", "", "en"),
        ("fr", "", "en"),
        ("de;q=nonsense, ar;q=0.1", "", "ar"),
        ("de", "ar", "ar"),
        ("de", "fr ar", "ar"),
        ("de", "fr", "de"),
        ("", "ar-EG", "ar"),
        ("", "de_DE", "de"),
    ],
)
def test_the_chosen_then_the_most_wanted_then_the_default(header: str, chosen: str, locale: str) -> None:
    assert negotiate_locale(header, _SUPPORTED, chosen) == locale


@given(st.text(), st.text())
def test_no_header_breaks_it(header: str, chosen: str) -> None:
    assert negotiate_locale(header, _SUPPORTED, chosen) in _SUPPORTED


def test_a_tenant_may_choose_among_the_languages_that_there_are_words_for():
    assert tuple(LOCALES) == SPOKEN


def test_languages_without_words_are_left_out_and_never_all_of_them():
    assert spoken(("fr", "de", "EN")) == ("de",)
    assert spoken(("fr",)) == ("en",)


def test_arabic_runs_right_to_left() -> None:
    assert [direction(locale) for locale in ("en", "ar", "ar-EG")] == ["ltr", "rtl", "rtl"]
