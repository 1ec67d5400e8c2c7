"""A secret does not show itself by accident."""

import json
import logging
from dataclasses import dataclass

import pytest

from limen.kernel.secret import Secret

TEXT = "open-sesame"


@dataclass(frozen=True)
class Holder:
    password: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(TEXT)),
        str(Secret(TEXT)),
        f"{Secret(TEXT)}",
        f"{Secret(TEXT)!r:>30}",
        "%s" % Secret(TEXT),  # noqa: UP031  # the older formatting too
        repr(Holder(Secret(TEXT))),
        repr([Secret(TEXT)]),
    ],
)
def test_printing_shows_a_mask(shown: str) -> None:
    assert TEXT not in shown
    assert "****" in shown


def test_logging_shows_a_mask(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("limen.test").warning("signing in with %s", Secret(TEXT))
    assert TEXT not in caplog.text
    assert "****" in caplog.text


def test_the_mask_does_not_tell_the_length() -> None:
    assert repr(Secret("a")) == repr(Secret("a" * 40))


def test_only_reveal_tells() -> None:
    assert Secret(TEXT).reveal() == TEXT
    with pytest.raises(TypeError):
        json.dumps(Secret(TEXT))


def test_secrets_compare_by_value_and_never_with_text() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("open-barley")
    assert Secret(TEXT) != TEXT
    assert Secret("pässwörd") == Secret("pässwörd")


def test_a_secret_is_no_dictionary_key() -> None:
    with pytest.raises(TypeError):
        hash(Secret(TEXT))


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret(" ")


def test_it_carries_no_further_attributes() -> None:
    with pytest.raises(AttributeError):
        Secret(TEXT).note = "x"  # type: ignore[attr-defined]
