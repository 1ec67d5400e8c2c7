"""PRECIS OpaqueString, RFC 8265 §4.2 and the examples of §4.3."""

import unicodedata

import precis_i18n
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.identity.credentials.prepare import prepare, prepare_aside
from limen.kernel.errors import Invalid, Unavailable


def reason(password: str) -> str:
    refusal = prepare(password)
    assert isinstance(refusal, Invalid)
    return refusal.fields["password"]


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "Correct Horse Battery Staple", "πßå", "Jack of ♦s"]
)
def test_rfc_8265_examples_12_to_15_stay_as_they_are(password: str):
    assert prepare(password) == password.encode()


def test_rfc_8265_example_16_maps_the_ogham_space_to_an_ascii_space():
    assert prepare("foo\u1680bar") == b"foo bar"


def test_rfc_8265_example_17_refuses_the_empty_string():
    assert reason("") == "password.empty"


def test_rfc_8265_example_18_refuses_a_tab():
    assert reason("my cat is a \tby") == "password.invalid_character"


def test_case_is_kept():
    assert prepare("Password") != prepare("password")


def test_a_composed_and_a_decomposed_letter_are_the_same_password():
    assert prepare("caf\u00e9 noir") == prepare("cafe\u0301 noir") == "caf\u00e9 noir".encode()


def test_full_width_letters_stay_full_width():
    assert prepare("\uff21\uff22") == "\uff21\uff22".encode()


def test_spaces_at_either_end_are_part_of_the_password():
    assert prepare(" a ") == b" a "


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x7f", "\x85", "\u00ad", "\u200b", "\ud800", "\u0378", "\ufdd0"]
)
def test_control_ignorable_unassigned_and_lone_surrogate_code_points_are_refused(character: str):
    assert reason(f"long enough {character}") == "password.invalid_character"


@pytest.mark.parametrize("letter", ["a", "ß", "字", "😀"])
def test_length_is_counted_in_code_points_up_to_256(letter: str):
    assert prepare(letter * 256) == (letter * 256).encode()
    assert reason(letter * 257) == "password.too_long"


def test_length_is_counted_after_normalisation():
    assert prepare("e\u0301" * 256) == ("\u00e9" * 256).encode()
    assert reason("\u0958" * 129) == "password.too_long"  # each becomes two code points in NFC


def test_an_enormous_password_is_refused_unread():
    assert reason("\u30fb" * 1_000_000) == "password.too_long"


def test_the_refusal_does_not_quote_the_password():
    assert "hunter" not in repr(prepare("hunter2\x00"))


@given(st.text(max_size=300) | st.text(st.characters(), max_size=40))
def test_it_never_raises_and_what_it_accepts_is_nfc_and_stable(password: str):
    prepared = prepare(password)
    if isinstance(prepared, bytes):
        text = prepared.decode()
        assert 1 <= len(text) <= 256
        assert unicodedata.is_normalized("NFC", text)
        assert prepare(text) == prepared


@given(st.text(st.characters(max_codepoint=127), min_size=1, max_size=256))
def test_the_ascii_shortcut_agrees_with_the_profile(password: str):
    try:
        expected = precis_i18n.get_profile("OpaqueString").enforce(password).encode()
    except UnicodeEncodeError:
        expected = None
    prepared = prepare(password)
    assert (prepared if isinstance(prepared, bytes) else None) == expected


@pytest.mark.anyio
async def test_what_is_not_ascii_is_prepared_on_a_hash_thread(pool):
    assert await prepare_aside("correct horse battery staple", pool) == b"correct horse battery staple"
    assert pool.done == 0
    assert await prepare_aside("na\u0308rrisch", pool) == "närrisch".encode()
    assert pool.done == 1


@pytest.mark.anyio
async def test_a_full_pool_says_so_of_what_it_would_have_prepared(pool):
    await pool.close()
    refused = await prepare_aside("närrisch", pool)
    assert isinstance(refused, Unavailable)
