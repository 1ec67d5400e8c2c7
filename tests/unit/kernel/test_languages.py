"""Languages by their tags: what is one, what somebody wants, and what comes nearest."""

import pytest

from limen.kernel.languages import best, is_tag, wanted


@pytest.mark.parametrize(
    "tag", ["en", "pt-BR", "zh-Hant-TW", "sr-Latn", "es-419", "sl-rozaj-biske", "de-CH-1901", "fil", "x" * 8]
)
def test_what_bcp_47_calls_well_formed_is_a_tag(tag):
    assert is_tag(tag)


@pytest.mark.parametrize(
    "tag", ["", "e", "en_US", "en-", "not a tag", "pt--BR", "\u0430\u0431", "en\n", "a-b", "en-" + "a" * 40]
)
def test_what_is_none_is_no_tag(tag):
    assert not is_tag(tag)


def test_what_is_chosen_comes_before_what_the_browser_wants_by_its_weights():
    assert wanted("fr;q=0.5, pt-BR, *;q=0, de;q=0.8", "pl en_GB") == ("pl", "en-gb", "pt-br", "de", "fr")


@pytest.mark.parametrize(
    ("wished", "found"),
    [
        (("pt-BR",), "pt-BR"), (("pt",), "pt-BR"), (("pt-PT",), "pt-BR"), (("de-AT", "pt"), "de"), (("DE",), "de"),
        (("fr", "de"), "de"), (("fr",), None), ((), None), (("zh-hant-tw",), "zh-Hant"), (("d",), None),
    ],
)  # fmt: skip
def test_the_first_wish_that_anything_suits_is_met_by_what_comes_nearest(wished, found):
    assert best(wished, ("en", "de", "pt-BR", "zh-Hant")) == found
