"""Pairwise subjects (OpenID Connect Core §8.1): one for a sector, reversible for us, of no use to anybody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.clients.records import ClientDocument
from limen.access.tokens.subjects import Subjects, sector_of

SUBJECTS = Subjects(bytes(range(64)))


def document(*uris: str, kind: str = "pairwise", sector: str = "") -> ClientDocument:
    return ClientDocument(client_name="x", redirect_uris=uris, subject_type=kind, sector_identifier_uri=sector)


A, B = document("https://a.example/cb"), document("https://b.example/cb")


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=64))
def test_a_subject_leads_back_to_its_customer_in_its_own_sector_only(subject: str):
    sub = SUBJECTS.shown(A, subject)
    assert SUBJECTS.shown(A, subject) == sub
    assert SUBJECTS.public(A, sub) == subject
    assert SUBJECTS.public(B, sub) is None
    assert SUBJECTS.shown(B, subject) != sub
    assert len(sub) <= 255
    assert sub.isascii()


def test_a_public_subject_is_itself():
    public = document("https://a.example/cb", kind="public")
    assert SUBJECTS.shown(public, "ann") == SUBJECTS.public(public, "ann") == "ann"


def test_another_tenant_says_another_subject():
    assert Subjects(bytes(64)).shown(A, "ann") != SUBJECTS.shown(A, "ann")


@pytest.mark.parametrize("text", ["", "ann", "!", "A" * 22, "A" * 200])
def test_what_nobody_was_shown_is_nobodys(text: str):
    assert SUBJECTS.public(A, text) is None


def test_the_sector_is_the_host_of_the_address_or_of_the_redirect_uris():
    assert sector_of(A) == "a.example"
    assert sector_of(document("https://A.example:8443/x")) == "a.example"
    assert (
        sector_of(document("https://a.example/", "https://b.example/", sector="https://c.example/s.json"))
        == "c.example"
    )
    assert sector_of(document("com.example.app:/cb")) == "com.example.app:"
