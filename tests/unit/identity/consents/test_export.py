"""An exported ledger: whatever one byte or row is tampered with, it is found and named."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.app.consents import key_reader
from limen.identity.audit.lines import line
from limen.identity.audit.verify import Broken
from limen.identity.consents.chain import Head, placed
from limen.identity.consents.export import record_line
from limen.identity.consents.verify import Earlier, Intact, verify_export
from tests.unit.identity.consents.books import Book, signer

BOOK = Book(3, 1, 5, 2)
LINES = BOOK.lines()
WHOLE = b"".join(LINES)


def verified(lines, key="", earlier=None):
    return verify_export(lines, key_reader(key), earlier)


def place_of(index: int) -> str:
    """What the line at *index* is called."""
    fields = msgspec.json.decode(LINES[index])
    match fields["type"]:
        case "record":
            return f"record {fields['seq']}"
        case "checkpoint":
            return f"checkpoint {fields['number']}"
        case "text":
            return f"text {index}"
        case _:
            return "header"


def test_an_export_as_it_was_made_is_whole():
    assert verified(LINES) == Intact("https://id.example", 11, 4, BOOK.signer.kid, BOOK.checkpoints[-1].root)
    assert isinstance(verified(LINES, BOOK.signer.kid), Intact)


def test_a_ledger_without_a_record_is_whole():
    assert verified(Book().lines()).records == 0


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=600, deadline=None)
def test_any_one_byte_that_is_changed_is_found_and_its_line_is_named(at, by):
    tampered = WHOLE[:at] + bytes([WHOLE[at] ^ by]) + WHOLE[at + 1 :]
    found = verified(_file_lines(tampered))
    number = WHOLE[:at].count(b"\n") + 1
    assert isinstance(found, Broken)
    assert f"line {number}" in found.where or f"line {number + 1}" in found.where


def _file_lines(content: bytes) -> list[bytes]:
    """Lines as a file gives them: only a line feed ends one."""
    return [part + b"\n" for part in content.split(b"\n")[:-1]] + (
        [content.split(b"\n")[-1]] if content[-1:] != b"\n" else []
    )


@given(st.integers(0, len(LINES) - 1))
@settings(deadline=None)
def test_any_one_row_that_is_dropped_is_found_and_named(index):
    found = verified(LINES[:index] + LINES[index + 1 :])
    assert isinstance(found, Broken)
    assert place_of(index) in f"{found.where} {found.what}"


@given(st.integers(0, len(LINES) - 1))
@settings(deadline=None)
def test_any_one_row_that_is_doubled_is_found(index):
    found = verified([*LINES[: index + 1], *LINES[index:]])
    assert isinstance(found, Broken)
    assert f"line {index + 2}" in found.where


@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1))
@settings(deadline=None)
def test_any_two_rows_that_change_places_are_found_at_the_first(one, other):
    first, second = sorted((one, other))
    swapped = list(LINES)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    found = verified(swapped)
    if first == second:
        assert isinstance(found, Intact)
    else:  # a checkpoint that comes a record late is named itself
        assert any(f"line {number}" in found.where for number in (first + 1, first + 2))


@given(st.integers(0, len(LINES) - 1))
@settings(deadline=None)
def test_an_export_that_is_cut_off_anywhere_is_found(index):
    found = verified(LINES[:index])
    assert isinstance(found, Broken)
    assert "is missing" in found.what or found.where == "line 1, header"


@given(st.integers(0, len(WHOLE) - 1))
@settings(deadline=None)
def test_an_export_that_is_cut_off_within_a_row_is_found(at):
    assert isinstance(verified(_file_lines(WHOLE[:at])), Broken)


def test_a_record_rewritten_with_all_the_hashes_after_it_is_caught_by_what_was_signed():
    """Whoever can compute hashes can make the chain fit; the signature cannot be made to."""
    records = [*BOOK.records]
    records[1] = type(records[1])(
        records[1].id, records[1].at, records[1].decision, records[1].open_part.replace(b"given", b"refused")
    )
    places = placed(Head(), [(record.id, record.leaf) for record in records])
    rows = iter([record_line(*pair) for pair in zip(places, records, strict=True)])
    forged = [next(rows) if msgspec.json.decode(one)["type"] == "record" else one for one in LINES]
    found = verified(forged)
    assert found == Broken("line 7, checkpoint 1", "what was signed is not records 1 to 3 as they stand here")


def test_an_export_signed_by_somebody_else_is_whole_only_to_who_expects_nobody():
    forged = Book(2)
    forged.signer = signer(2)
    other = Book.__new__(Book)
    other.records, other.places, other.checkpoints, other.signer = forged.records, [], [], signer(2)
    other._sign(2)
    assert isinstance(verified(other.lines()), Intact)
    found = verified(other.lines(), BOOK.signer.kid)
    assert found == Broken("line 1, header", "it names a key that is not the ledger's")


def test_a_later_export_begins_with_the_earlier_one():
    before = Book(3, 1)
    earlier = Earlier(4, before.checkpoints[-1].root)
    assert isinstance(verified(LINES, earlier=earlier), Intact)
    assert verified(LINES, earlier=Earlier(4, bytes(32))).where == "line 8, record 4"
    assert verified(LINES, earlier=Earlier(99, bytes(32))) == Broken("the end", "99 records were exported earlier")


def test_what_is_no_export_at_all_is_told():
    for content in ([], [b"\n"], [b"[]\n"], [line({"type": "ledger"})], [b'{"at":1}\n'], [b"\xff\n"], [b"[" * 5_000]):
        found = verified(content)
        assert isinstance(found, Broken)
        assert found.where.startswith("line 1")
