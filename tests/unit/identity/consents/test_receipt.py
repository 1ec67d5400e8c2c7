"""Receipts: in the standard's shape, and verified without us."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.app.consents import key_reader
from limen.identity.audit.chain import SealedPart
from limen.identity.audit.verify import Broken
from limen.identity.consents.personal import Disclosed, coarse
from limen.identity.consents.receipt import (
    Controller,
    Genuine,
    Material,
    Proof,
    receipt,
    signed_receipt,
    verify_receipt,
)
from limen.identity.consents.records import recorded
from limen.identity.consents.tree import inclusion
from limen.kernel.encoding import canonical_json
from limen.kernel.ids import RecordId
from tests.unit.identity.consents.books import NOW, TENANT, Book, decision, purpose, signer
from tests.unit.identity.consents.test_tree import Kept

SHOWN = Disclosed(b"s" * 16, {"network": "192.0.2.0/24", "user_agent": "Firefox"})
RECORD = recorded(TENANT, RecordId("rec_1"), NOW, decision(), SealedPart(SHOWN.commitment, b"sealed"))
CONTROLLER = Controller("https://id.example", "Shop & Söhne")
MATERIAL = Material(CONTROLLER, RECORD, purpose().kind, purpose().current, SHOWN)
SIGNER = signer()


def proven() -> Material:
    book = Book(5)
    path = asyncio.run(inclusion(Kept([place.leaf for place in book.places]), 2, 5))
    return Material(
        CONTROLLER, book.records[2], purpose().kind, purpose().current, None, Proof(3, book.checkpoints[0], path)
    )


def verified(document, key=""):
    return verify_receipt(canonical_json(document), key_reader(key))


def test_a_receipt_has_the_parts_of_the_standard():
    document = receipt(MATERIAL, SIGNER)
    assert document["receipt_metadata"] == {"schema_version": "ISO/IEC TS 27560:2023", "receipt_id": "rec_1"}
    assert document["record_metadata"]["pii_principal_id"] == "cus_0"
    words = document["pii_processing"]["privacy_notice"]
    assert (words["title"], words["language"], words["version"]) == ("Neues", "de", 1)
    [said] = document["pii_processing"]["purposes"]
    assert (said["purpose"], said["lawful_basis"], said["purpose_type"]) == ("news", "consent", "marketing")
    assert said["pii_information"] == [{"pii_type": "email"}]
    [event] = document["consent_events"]
    assert (event["event_state"], event["event_time"]) == ("given", "2025-10-09T08:53:20Z")


@pytest.mark.parametrize("material", [MATERIAL, proven()])
def test_a_receipt_verifies_as_json_and_as_a_jws(material):
    document = receipt(material, SIGNER)
    expected = Genuine(material.record.id, "https://id.example", material.proof is not None, SIGNER.kid)
    assert verified(document, SIGNER.kid) == expected
    assert verify_receipt(signed_receipt(document, SIGNER).encode(), key_reader()) == expected
    assert verify_receipt(msgspec.json.format(canonical_json(document)), key_reader()) == expected


def test_an_applications_access_has_only_the_hash_of_its_words():
    record = recorded(
        TENANT, RecordId("rec_1"), NOW, decision(purpose="oauth", party="shop", items=("openid",), version=0)
    )
    document = receipt(Material(CONTROLLER, record, None, None, None), SIGNER)
    assert "text" not in document["pii_processing"]["privacy_notice"]
    assert isinstance(verified(document), Genuine)


JWS = signed_receipt(receipt(proven(), SIGNER), SIGNER).encode()
JSON = canonical_json(receipt(MATERIAL, SIGNER))


@given(st.integers(0, len(JWS) - 1), st.integers(1, 127))
@settings(deadline=None, max_examples=150)
def test_a_jws_with_any_other_byte_is_no_receipt(at, by):
    tampered = JWS[:at] + bytes([JWS[at] ^ by]) + JWS[at + 1 :]
    assert isinstance(verify_receipt(tampered, key_reader()), Broken)


@given(st.integers(0, len(JSON) - 1), st.integers(1, 127))
@settings(deadline=None, max_examples=150)
def test_a_json_receipt_with_any_other_byte_is_no_receipt(at, by):
    tampered = JSON[:at] + bytes([JSON[at] ^ by]) + JSON[at + 1 :]
    assert isinstance(verify_receipt(tampered, key_reader()), Broken)


def test_a_receipt_that_names_a_member_twice_is_none():
    """Else a reader who takes the first one reads what nobody signed in a receipt that is genuine."""
    content = canonical_json(receipt(MATERIAL, SIGNER))
    twice = b'{"consent_events":[],' + content.removeprefix(b"{")
    assert msgspec.json.decode(twice) == msgspec.json.decode(content)
    assert verify_receipt(twice, key_reader()) == Broken("receipt", "it is not a receipt")


def test_who_holds_the_key_still_cannot_say_what_the_record_does_not():
    """A receipt whose parts contradict each other is refused even where its signature is right."""
    english = purpose(texts={"en": purpose().terms.texts["en"]}).current
    for changed in (
        replace(MATERIAL, disclosed=Disclosed(b"t" * 16, SHOWN.facts)),
        replace(MATERIAL, proof=proven().proof),
        replace(MATERIAL, version=english),
    ):
        assert isinstance(verified(receipt(changed, SIGNER)), Broken)


def test_another_key_than_the_expected_one_is_refused():
    assert verified(receipt(MATERIAL, signer(2)), SIGNER.kid) == Broken("key", "it is not the ledger's")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"a.b.c", b"[]", b'{"proof":{"key":[]}}', b"\xff.\xff.\xff", b"[" * 9_999]
)
def test_what_is_no_receipt_is_told(content):
    assert isinstance(verify_receipt(content, key_reader()), Broken)


def test_where_from_is_kept_as_a_network_and_nothing_finer():
    assert coarse("192.0.2.77", "Firefox") == {"network": "192.0.2.0/24", "user_agent": "Firefox"}
    assert coarse("2001:db8:1:2::3", "")["network"] == "2001:db8:1::/48"
    assert coarse("", "") == {"network": "", "user_agent": ""}
