"""An exported audit log, and whoever was at the file: every byte and every line of it is accounted for."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.identity.audit.checkpoints import signed_bytes
from limen.identity.audit.export import About, exported, header_bytes, header_fields
from limen.identity.audit.lines import line
from limen.identity.audit.offline import Intact, verify_export
from limen.identity.audit.pruning import pruning_bytes, pruning_digest
from limen.identity.audit.verify import Broken
from limen.kernel.encoding import b64url, sha256
from tests.unit.identity.audit.test_verify import TENANT, Ledger

pytestmark = pytest.mark.anyio
ISSUER = "https://id.example"


def sign(data: bytes) -> bytes:
    """Stand in for Ed25519: whoever has no key cannot make it."""
    return sha256(b"the key", data)


def read_key(key):
    return (lambda signature, data: signature == sign(data)) if key.get("kid") == "k" else None


def signed(ledger: Ledger) -> Ledger:
    """Sign what the ledger in memory has marked as signed."""
    before = None
    for number, one in enumerate(ledger.taken):
        linked = replace(one, previous=pruning_digest(before) if before else one.previous)
        before = ledger.taken[number] = replace(linked, signature=sign(pruning_bytes(linked)))
    ledger.signed = [replace(one, signature=sign(signed_bytes(one))) for one in ledger.signed]
    return ledger


async def lines_of(ledger: Ledger) -> list[bytes]:
    signed(ledger)
    last = ledger.signed[-1]
    about = About(str(TENANT), ISSUER, 7, last, [{"alg": "EdDSA", "jwk": {}, "kid": "k"}])
    fields = header_fields(about, ledger.taken[-1] if ledger.taken else None, "k")
    head = line({**fields, "signature": b64url(sign(header_bytes(fields)))})
    return [head, *[one async for one in exported(ledger, last, ledger.taken)]]


def busy() -> Ledger:
    """Three segments over four checkpoints, one of which retention took with what it alone covered."""
    made = Ledger()
    first = made.open()
    made.add(first, "cus_a", "cus_b")
    made.sign()
    second = made.open(1, made.signed[0].root)
    made.add(first, "cus_c")
    made.sign()
    made.add(second, "cus_d", "cus_e")
    made.sign()
    third = made.open(3, made.signed[2].root)
    made.add(third, "cus_f")
    made.add(first, "cus_g")
    made.sign()
    made.prune({first: 3}, floor=1)
    return made


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
async def whole(anyio_backend) -> list[bytes]:
    return await lines_of(busy())


def verdict(lines: list[bytes]) -> Intact | Broken:
    return verify_export(lines, read_key)


async def test_a_whole_export_is_counted(whole):
    assert verdict(whole) == Intact(ISSUER, records=7, segments=3, checkpoints=4, pruned=1, kid="k")
    assert verify_export(whole, read_key, "k") == verdict(whole)
    assert verify_export(whole, read_key, "another").where == "line 1, header"


async def test_a_log_without_a_checkpoint_is_whole():
    about = About(str(TENANT), ISSUER, 7, None, [{"alg": "EdDSA", "jwk": {}, "kid": "k"}])
    fields = header_fields(about, None, "k")
    head = line({**fields, "signature": b64url(sign(header_bytes(fields)))})
    assert verdict([head]) == Intact(ISSUER, 0, 0, 0, 0, "k")
    assert isinstance(verdict([]), Broken)


@given(data=st.data())
def test_any_byte_that_is_changed_is_found_and_its_line_named(whole, data):
    at = data.draw(st.integers(0, len(whole) - 1))
    place = data.draw(st.integers(0, len(whole[at]) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at][place]))
    changed = bytearray(whole[at])
    changed[place] = other
    text = b"".join([*whole[:at], bytes(changed), *whole[at + 1 :]])
    found = verdict(text.splitlines(keepends=True))
    assert isinstance(found, Broken)
    assert f"line {at + 1}" in found.where or found.where == "the end", found


@pytest.mark.parametrize("kid", [[], {}, 1, None])
async def test_a_signature_by_what_is_no_key_at_all_is_no_fault_of_ours(whole, kid):
    forged = line({**msgspec.json.decode(whole[-1]), "kid": kid})
    assert verdict([*whole[:-1], forged]).where.startswith(f"line {len(whole)}, checkpoint")


@given(data=st.data())
def test_any_line_that_is_dropped_doubled_or_moved_is_found(whole, data):
    at = data.draw(st.integers(0, len(whole) - 1))
    to = data.draw(st.integers(0, len(whole) - 1).filter(lambda place: place != at))
    without = [*whole[:at], *whole[at + 1 :]]
    for lines in (without, [*whole[:at], *whole[at:][:1], *whole[at:]], [*without[:to], whole[at], *without[to:]]):
        assert isinstance(verdict(lines), Broken), (at, to)
    assert isinstance(verdict(whole[:at]), Broken)


async def test_whoever_has_the_database_cannot_drop_or_cut_a_segment():
    for at, named in ((-1, "cut short"), (0, "dropped")):
        made = signed(busy())
        segment = list(made.log)[1]
        kept = made.log[segment]
        made.log[segment] = kept[:at] if at else []
        found = verdict(await lines_of(made))
        assert isinstance(found, Broken), named
        assert found.where.endswith(f"record {segment}:{len(made.log[segment])}"), named
        assert found.what.endswith("is missing here")


async def test_a_log_set_back_and_signed_anew_is_told_by_openings_and_by_the_witness():
    made = Ledger()
    first = made.open()
    made.sign()
    made.add(first, "cus_a")
    made.sign()
    kept = signed(made).signed[-1]
    made.signed.pop()
    made.log[first].pop()
    made.add(first, "cus_b")
    made.sign()
    found = verify_export(await lines_of(made), read_key, witnessed=[kept])
    assert found == Broken("line 5, checkpoint 2", "the witness holds another than this file")
    made.open(2, kept.root)
    made.sign()
    found = verdict(await lines_of(made))
    assert isinstance(found, Broken)
    assert "names another checkpoint 2" in found.what
    lines = await lines_of(busy())
    later = replace(busy().signed[-1], number=9)
    assert verify_export(lines, read_key, witnessed=[later]).what == "the witness holds it, and the file does not"
