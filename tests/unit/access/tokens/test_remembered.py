"""Credentials that were right a moment ago."""

import pytest

from limen.access.tokens.remembered import Remembered

HEADER = "Basic c2hvcDpzZWNyZXQ="


@pytest.fixture
def remembered() -> Remembered[str]:
    kept: Remembered[str] = Remembered(most=2)
    kept.keep(HEADER, "shop", "loaded")
    return kept


@pytest.mark.parametrize("form", [{}, {"client_id": "shop"}, {"grant_type": "client_credentials"}])
def test_the_same_header_finds_its_client(remembered: Remembered[str], form: dict[str, str]):
    assert remembered.find(HEADER, form) == ("shop", "loaded")


@pytest.mark.parametrize("header", [HEADER + " ", HEADER.lower(), "Basic c2hvcDpzZWNyZXU=", "", "\udcff"])
def test_any_other_header_finds_nobody(remembered: Remembered[str], header: str):
    assert remembered.find(header, {}) is None


@pytest.mark.parametrize(
    "form", [{"client_secret": "x"}, {"client_assertion": "x"}, {"client_assertion_type": "x"}, {"client_id": "other"}]
)
def test_a_form_that_says_something_else_is_decided_elsewhere(remembered: Remembered[str], form: dict[str, str]):
    assert remembered.find(HEADER, form) is None


def test_the_oldest_is_forgotten_first(remembered: Remembered[str]):
    remembered.keep("b", "b", "loaded")
    remembered.keep("c", "c", "loaded")
    assert remembered.find(HEADER, {}) is None
    assert remembered.find("c", {}) is not None


def test_nothing_of_a_secret_is_kept(remembered: Remembered[str]):
    assert "c2hvcDpzZWNyZXQ" not in repr(remembered._known)
    assert b"secret" not in b"".join(remembered._known)
