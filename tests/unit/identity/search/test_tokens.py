"""What is kept of a value, and what a query finds by it."""

import hmac

from hypothesis import given, settings
from hypothesis import strategies as st

from limen.identity.search.records import IndexState, Match, SearchIndex
from limen.identity.search.tokens import Searchable, folded, is_found, span_of, token_of


class Blinds:
    """A vault whose key is its version."""

    def blind(self, kind: str, normalised: str, version: int | None = None) -> bytes:
        return hmac.digest(bytes([version or 0]), f"{kind}|{normalised}".encode(), "sha256")


def index(match: Match = Match.PREFIX, **changes) -> SearchIndex:
    return SearchIndex(**{
        "number": 1, "field": "name", "match": match, "key_version": 1, "normalisation": "n",
        "state": IndexState.READY, "since": 0, **changes,
    })  # fmt: skip


def finds(value: str, query: str, match: Match, by: SearchIndex) -> bool:
    token, span = token_of(Blinds(), by, folded(value)), span_of(Blinds(), by, folded(query), match)
    return span.start <= token <= span.end


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(min_size=3, max_size=20), st.integers(3, 20))
def test_whatever_begins_with_a_query_lies_in_its_span(value, length):
    query = folded(folded(value)[:length])
    if len(query) >= 3:
        assert finds(value, query, Match.PREFIX, index())
        assert is_found(value, query, Match.PREFIX)


def test_a_span_holds_nobody_who_differs_within_its_last_length():
    assert not finds("annabel", "anne", Match.EXACT, index())
    assert finds("annabel", "anno", Match.PREFIX, index())  # alike in three: decryption tells
    assert not is_found("annabel", "anno", Match.PREFIX)
    assert not finds("annabel", "annoy", Match.PREFIX, index())  # five
    assert not finds("annabelle", "annabella", Match.EXACT, index())


def test_a_prefix_index_finds_whole_values_too_and_short_ones():
    for value in ("li", "anna", "ann-marie of the lake"):
        assert finds(value, value, Match.EXACT, index())
        assert not finds(value, value + "x", Match.EXACT, index())
    assert finds("Ann", "ANN", Match.EXACT, index(Match.EXACT))
    assert not finds("Anna", "ANN", Match.EXACT, index(Match.EXACT))


def test_tokens_differ_by_field_by_key_and_by_kind_of_index():
    tokens = {
        token_of(Blinds(), one, "anna")
        for one in (index(), index(field="given_name"), index(key_version=2), index(Match.EXACT))
    }
    assert len(tokens) == 4


def test_values_are_compared_folded():
    assert folded("  \uff21\uff2e\uff2e \u00a0 Straße ") == "ann strasse"
    assert folded("e\u0301t\u00e9") == folded("\u00c9T\u00c9")
    assert len(folded("\u0301" * 100_000)) <= 256


def test_nothing_is_kept_of_nothing():
    assert Searchable(Blinds(), lambda: {"name": "  "}).token(index()) is None
    assert Searchable(Blinds(), dict).token(index()) is None
    assert Searchable(Blinds(), lambda: {"name": "Anna"}).token(index()) == token_of(Blinds(), index(), "anna")
    assert "Anna" not in repr(Searchable(Blinds(), lambda: {"name": "Anna"}))
