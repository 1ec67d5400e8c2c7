"""Checkpoints that somebody keeps elsewhere, and proofs between them: whoever has keys and database is held to them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.app.consents import key_reader
from limen.identity.audit.verify import Broken
from limen.identity.consents.proofs import (
    Extended,
    Included,
    read_proof,
    verify_consistency,
    verify_inclusion,
)
from limen.identity.consents.records import record_leaf
from limen.identity.consents.tree import consistency, inclusion
from limen.identity.consents.verify import Intact, verify_export
from limen.identity.consents.witness import read_line
from tests.unit.identity.consents.books import Book, signer
from tests.unit.identity.consents.test_tree import Kept

pytestmark = pytest.mark.anyio
BOOK = Book(3, 1, 5, 2)
READ = key_reader()


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


def witnessed(book: Book, *numbers: int):
    lines = book.kept()
    return [read_line(lines[number - 1], READ).checkpoint for number in numbers]


def held(book: Book, kept) -> Intact | Broken:
    return verify_export(book.lines(), READ, witnessed=kept)


async def included(book: Book, seq: int) -> dict:
    """The proof as the API gives it."""
    place, record = book.places[seq - 1], book.records[seq - 1]
    path = await inclusion(Kept([one.leaf for one in book.places]), seq - 1, len(book.places))
    return {
        "seq": seq,
        "open": record.open_part.decode(),
        "commitment": record.commitment.hex(),
        "leaf": place.leaf.hex(),
        "path": [node.hex() for node in path],
        "checkpoint": msgspec.json.decode(book.kept()[-1]),
    }


async def grown(book: Book, size: int) -> dict:
    path = await consistency(Kept([one.leaf for one in book.places]), size, len(book.places))
    checkpoint = msgspec.json.decode(book.kept()[-1])
    return {"size": size, "path": [node.hex() for node in path], "checkpoint": checkpoint}


def test_a_ledger_is_held_to_every_checkpoint_that_was_kept_of_it():
    found = held(BOOK, witnessed(BOOK, 1, 2, 4))
    assert (found.records, found.witnessed) == (11, 3)
    assert held(BOOK, witnessed(Book(1, seed=2), 1)[:0]).witnessed == 0


def test_a_ledger_that_was_cut_short_and_signed_anew_lacks_a_record():
    shorter = Book(3, 1)
    assert isinstance(verify_export(shorter.lines(), READ), Intact)
    found = held(shorter, witnessed(BOOK, 1, 3))
    assert found == Broken("the end, record 5", "record 5 is missing: the witness holds checkpoint 3 over 9 records")


def test_a_history_that_was_rewritten_by_the_keys_owner_is_found_at_its_records():
    rewritten = Book(3, 1, 5, 2, since=6)
    assert isinstance(verify_export(rewritten.lines(), READ), Intact)
    found = held(rewritten, witnessed(BOOK, 1, 2, 3, 4))
    assert found.what == "records 5 to 9 are not what the witness's checkpoint 3 covers"
    assert found.where.endswith("record 9")
    assert isinstance(held(rewritten, witnessed(BOOK, 1, 2)), Intact)


def test_other_checkpoints_over_the_same_records_are_not_those_that_were_kept():
    assert held(Book(4, 5, 2), witnessed(BOOK, 2)).what == "the witness holds another than this one"
    found = held(Book(11), witnessed(BOOK, 2))
    assert found == Broken("checkpoint 2", "the witness holds it, and the file does not")


def test_a_ledger_that_showed_two_faces_cannot_have_both():
    two = witnessed(BOOK, 3) + witnessed(Book(3, 1, 5, since=6), 3)
    for book in (BOOK, Book(3, 1, 5, 2, since=6)):
        assert "the witness's checkpoint 3" in held(book, two).what


@given(st.data())
def test_a_witnesss_line_of_which_one_byte_is_changed_is_none(data):
    line = BOOK.kept()[1].rstrip()
    at = data.draw(st.integers(0, len(line) - 1))
    changed = bytes([line[at] ^ data.draw(st.integers(1, 255))])
    found = read_line(line[:at] + changed + line[at + 1 :], READ)
    assert found is None or found.issuer != "https://id.example"  # of the words, the issuer's name alone is not signed


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[" * 9_000, b"\xff", b'{"issuer":1}', b'{"issuer":"a","public_key":[]}']
)
def test_what_is_no_witnesss_line_at_all_is_none(line):
    assert read_line(line, READ) is None


def test_a_line_under_another_key_than_the_expected_one_is_none():
    assert read_line(Book(2, seed=2).kept()[0], key_reader(signer().kid)) is None


@pytest.mark.parametrize("seq", [1, 4, 11])
async def test_a_record_is_proven_to_be_in_the_ledger_and_no_other_is(seq):
    proof = await included(BOOK, seq)
    assert read_proof(msgspec.json.encode(proof)) == proof
    found = verify_inclusion(proof, READ)
    assert isinstance(found, Included)
    assert (found.record_id, found.seq, found.under.checkpoint.size) == (f"rec_{seq - 1}", seq, 11)
    record = BOOK.records[0 if seq > 1 else 1]
    for wrong in (
        {"open": record.open_part.decode()},
        {"seq": seq + 1},
        {"seq": str(seq)},
        {"path": proof["path"][:-1]},
        {"path": [*proof["path"], "00"]},
        {"path": None},
        {"commitment": "00" * 32},
        {"open": record.open_part.decode(), "leaf": record.leaf.hex()},
        {"checkpoint": proof["checkpoint"] | {"size": 12}},
        {"checkpoint": None},
    ):
        assert isinstance(verify_inclusion(proof | wrong, READ), Broken), wrong
    assert isinstance(verify_inclusion(proof, key_reader(signer(2).kid)), Broken)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_the_ledger_is_proven_to_begin_with_what_was_kept_and_nothing_else(number):
    [before] = witnessed(BOOK, number)
    proof = await grown(BOOK, before.size)
    found = verify_consistency(proof, READ, [before])
    assert isinstance(found, Extended)
    assert (found.earlier, found.under.checkpoint.size) == (before, 11)
    rewritten = await grown(Book(3, 1, 5, 2, since=1), before.size)
    assert isinstance(verify_consistency(rewritten, READ, [before]), Broken)
    assert isinstance(verify_consistency(proof | {"path": [*proof["path"], "11" * 32]}, READ, [before]), Broken)
    assert isinstance(verify_consistency(proof | {"path": 1}, READ, [before]), Broken)
    assert verify_consistency(proof | {"size": 5}, READ, [before]) is None
    assert verify_consistency(proof, READ, []) is None


async def test_a_proof_under_a_checkpoint_that_the_witness_has_otherwise_is_broken():
    kept = witnessed(BOOK, 1, 4)
    forged = await grown(Book(3, 1, 5, 2, since=10), 3)
    found = verify_consistency(forged, READ, kept)
    assert found == Broken("checkpoint 4", "the witness holds another than this one")


async def test_a_later_checkpoint_over_fewer_records_than_the_witness_has_is_broken():
    """Else whoever owns the keys goes back behind a checkpoint, and on in another way under a later number."""
    kept = witnessed(BOOK, 1, 3)
    forked = Book(3, 1, 1, 1, since=4)
    assert isinstance(verify_consistency(await grown(forked, 3), READ, kept[:1]), Extended)
    found = verify_consistency(await grown(forked, 3), READ, kept)
    assert found == Broken("checkpoint 4", "the witness holds checkpoint 3 over 9 records, and this one is over 6")


@pytest.mark.parametrize("deep", ["[" * 9_000, '{"tenant":' * 9_000, "\ud800"])
async def test_what_is_hashed_in_the_open_may_be_anything(deep):
    """It is a text in a file of somebody's, and nobody has looked into it yet."""
    proof = await included(BOOK, 1)
    leaf = record_leaf(deep.encode("utf-8", "surrogatepass"), b"").hex()
    assert isinstance(verify_inclusion(proof | {"open": deep, "commitment": "", "leaf": leaf}, READ), Broken)


async def test_what_names_a_member_twice_is_neither_a_proof_nor_a_witnesss_line():
    proof = msgspec.json.encode(await grown(BOOK, 3))
    assert read_proof(proof) is not None
    for content in (proof, BOOK.kept()[-1]):
        twice = b'{"size":99,' + content.removeprefix(b"{")
        assert (read_proof(twice), read_line(twice, READ)) == (None, None)
