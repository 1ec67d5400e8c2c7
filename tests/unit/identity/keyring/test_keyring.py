"""Vaults: who can open what, and when nobody can any more."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from limen.identity.keyring import Keyring, SubjectVault, TenantVault, WrappedTenantKey
from limen.identity.keyring.rootkeys import SETTLE
from limen.identity.keyring.store import SubjectCursor
from limen.identity.keyring.wrapping import tenant_context
from limen.kernel.clock import SECOND
from limen.kernel.errors import Conflict, Corrupted, Misconfigured
from tests.unit.identity.keyring.doubles import Bench

ONE, TWO = "ten_one", "ten_two"
ADA, BOB = "cus_ada", "cus_bob"
PLAIN = b"ada@example.org"

pytestmark = pytest.mark.anyio


async def two_tenants(bench: Bench) -> Keyring:
    keyring = bench.keyring(bench.file())
    await keyring.create_tenant(ONE)
    await keyring.create_tenant(TWO)
    return keyring


async def found(keyring: Keyring, tenant_id: str, subject_id: str) -> SubjectVault:
    vault = await keyring.subject(tenant_id, subject_id)
    assert vault is not None
    return vault


async def test_a_subject_reads_what_it_sealed_after_a_restart(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    envelope = (await keyring.create_subject(ONE, ADA)).seal("customer.email", "r1", PLAIN)
    restarted = bench.keyring(bench.file())
    assert (await found(restarted, ONE, ADA)).unseal("customer.email", "r1", envelope) == PLAIN


async def test_what_is_read_again_is_opened_once_while_the_bytes_are_the_same(bench: Bench) -> None:
    ada = await (await two_tenants(bench)).create_subject(ONE, ADA)
    first, again, decoded = ada.seal("f", "r", PLAIN), ada.seal("f", "r", PLAIN), list[bytes]()

    def read(field: str, record: str, envelope: bytes) -> str:
        return ada.read(field, record, envelope, lambda text: (decoded.append(text), text.decode())[1])

    assert [read("f", "r", first), read("f", "r", first)] == [PLAIN.decode()] * 2
    assert len(decoded) == 1
    assert read("f", "r", again) == PLAIN.decode()  # the same text, sealed anew
    assert len(decoded) == 2
    for field, record, envelope in [("f", "r2", again), ("g", "r", again), ("f", "r", again[:-1] + b"\0")]:
        with pytest.raises(Corrupted):
            read(field, record, envelope)


async def test_a_subject_envelope_opens_for_nobody_and_nowhere_else(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    ada = await keyring.create_subject(ONE, ADA)
    others = [await keyring.create_subject(ONE, BOB), await keyring.create_subject(TWO, ADA)]
    envelope = ada.seal("customer.email", "r1", PLAIN)
    vaults: list[SubjectVault | TenantVault] = [*others, await keyring.tenant(ONE), await keyring.tenant(TWO)]
    for vault in vaults:
        with pytest.raises(Corrupted):
            vault.unseal("customer.email", "r1", envelope)
    for field, record in (("customer.name", "r1"), ("customer.email", "r2")):
        with pytest.raises(Corrupted):
            ada.unseal(field, record, envelope)


async def test_a_tenant_envelope_opens_only_in_its_tenant_field_and_record(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    one, two = await keyring.tenant(ONE), await keyring.tenant(TWO)
    envelope = one.seal("client.secret", "r1", PLAIN)
    assert one.unseal("client.secret", "r1", envelope) == PLAIN
    for vault, field, record in ((two, "client.secret", "r1"), (one, "client.x", "r1"), (one, "client.secret", "r2")):
        with pytest.raises(Corrupted):
            vault.unseal(field, record, envelope)


async def test_a_wrapped_subject_key_moved_to_another_row_does_not_open(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    await keyring.create_subject(ONE, ADA)
    stolen = bench.store.subjects[SubjectCursor(ONE, ADA)]
    for tenant_id, subject_id in ((ONE, BOB), (TWO, ADA)):
        moved = msgspec.structs.replace(stolen, tenant_id=tenant_id, subject_id=subject_id)
        bench.store.subjects[SubjectCursor(tenant_id, subject_id)] = moved
        with pytest.raises(Corrupted):
            await keyring.subject(tenant_id, subject_id)


async def test_a_key_store_that_answers_with_another_subjects_row_is_not_believed(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    await keyring.create_subject(ONE, ADA)
    bench.store.subjects[SubjectCursor(ONE, BOB)] = bench.store.subjects[SubjectCursor(ONE, ADA)]
    with pytest.raises(Corrupted):
        await keyring.subject(ONE, BOB)


async def test_a_wrapped_tenant_key_moved_to_another_tenant_does_not_open(bench: Bench) -> None:
    await two_tenants(bench)
    bench.store.tenants[TWO, 1] = replace(bench.store.tenants[ONE, 1], tenant_id=TWO)
    with pytest.raises(Corrupted):
        await bench.keyring(bench.file()).tenant(TWO)


async def test_a_tampered_row_does_not_open(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    await keyring.create_subject(ONE, ADA)
    row = bench.store.subjects[SubjectCursor(ONE, ADA)]
    changes = [
        msgspec.structs.replace(row, version=2),
        msgspec.structs.replace(row, wrapped=row.wrapped[:-1] + bytes([row.wrapped[-1] ^ 1])),
    ]
    for changed in changes:
        bench.store.subjects[SubjectCursor(ONE, ADA)] = changed
        with pytest.raises(Corrupted):
            await keyring.subject(ONE, ADA)


async def test_an_erased_subject_is_gone_at_once_in_every_process(bench: Bench) -> None:
    keyring, other = await two_tenants(bench), bench.keyring(bench.file())
    await keyring.create_subject(ONE, ADA)
    assert await other.subject(ONE, ADA) is not None
    await keyring.destroy_subject(ONE, ADA)
    assert await other.subject(ONE, ADA) is None
    await keyring.destroy_subject(ONE, ADA)  # again: nothing happens


async def test_an_erased_subject_made_again_cannot_read_its_past(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    envelope = (await keyring.create_subject(ONE, ADA)).seal("f", "r", PLAIN)
    await keyring.destroy_subject(ONE, ADA)
    with pytest.raises(Corrupted):
        (await keyring.create_subject(ONE, ADA)).unseal("f", "r", envelope)


async def test_of_two_processes_that_create_a_tenant_both_use_the_winners_key(bench: Bench) -> None:
    file = bench.file()
    vaults = await asyncio.gather(*(bench.keyring(file).create_tenant(ONE) for _ in range(5)))
    envelope = vaults[0].seal("f", "r", PLAIN)
    assert {vault.unseal("f", "r", envelope) for vault in vaults} == {PLAIN}
    assert len({vault.derive("refresh-mac") for vault in vaults}) == 1
    assert len(bench.store.tenants) == 1


async def test_of_two_processes_that_create_a_subject_both_use_the_winners_key(bench: Bench) -> None:
    file = bench.file()
    await bench.keyring(file).create_tenant(ONE)
    vaults = await asyncio.gather(*(bench.keyring(file).create_subject(ONE, ADA) for _ in range(5)))
    envelope = vaults[0].seal("f", "r", PLAIN)
    assert {vault.unseal("f", "r", envelope) for vault in vaults} == {PLAIN}


async def test_a_tenant_without_a_key_and_a_subject_without_a_name_are_refused(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    with pytest.raises(Corrupted):
        await keyring.tenant("ten_unknown")
    with pytest.raises(Corrupted):
        await keyring.create_subject("ten_unknown", ADA)
    with pytest.raises(ValueError, match="identifier"):
        await keyring.create_subject(ONE, "")
    assert await keyring.subject(ONE, "cus_unknown") is None


async def test_without_the_root_key_nothing_opens(bench: Bench) -> None:
    await two_tenants(bench)
    bench.path.unlink()
    with pytest.raises(Misconfigured):
        await bench.keyring(bench.file()).tenant(ONE)


async def test_the_tenant_cache_is_bounded_and_keeps_what_is_used(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keyring, "tenants_cached", 2)
    keyring = await two_tenants(bench)
    one, two = await keyring.tenant(ONE), await keyring.tenant(TWO)
    assert await keyring.tenant(ONE) is one
    await keyring.create_tenant("ten_three")
    assert await keyring.tenant(ONE) is one
    assert await keyring.tenant(TWO) is not two


async def test_equal_values_have_equal_indexes_within_a_tenant_and_kind_only(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    one, two = await keyring.tenant(ONE), await keyring.tenant(TWO)
    index = one.blind("email", "ada@example.org")
    assert index == (await bench.keyring(bench.file()).tenant(ONE)).blind("email", "ada@example.org")
    others = [
        two.blind("email", "ada@example.org"),
        one.blind("phone", "ada@example.org"),
        one.blind("email", "bob@example.org"),
        one.blind("emaila", "da@example.org"),
    ]
    assert len({index, *others}) == 1 + len(others)
    assert len(index) == 32


async def test_derived_keys_differ_by_purpose_and_tenant_and_are_stable(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    one, two = await keyring.tenant(ONE), await keyring.tenant(TWO)
    assert one.derive("refresh-mac") == (await bench.keyring(bench.file()).tenant(ONE)).derive("refresh-mac")
    keys = {one.derive("refresh-mac"), one.derive("csrf"), two.derive("refresh-mac"), one.derive("seal")}
    assert len(keys) == 4
    for purpose in range(200):
        one.derive(str(purpose))
    assert one.derive("refresh-mac") in keys


async def test_a_second_key_version_seals_while_the_first_opens_and_indexes(bench: Bench) -> None:
    file = bench.file()
    keyring = bench.keyring(file)
    first = await keyring.create_tenant(ONE)
    await keyring.create_subject(ONE, ADA)
    envelope = first.seal("f", "r", PLAIN)
    wrapped = await file.wrap(b"2" * 32, tenant_context(ONE, 2))
    await bench.store.put_tenant_key(WrappedTenantKey(ONE, 2, wrapped, file.key_id, 0))
    keyring.forget_tenant(ONE)
    both = await keyring.tenant(ONE)
    assert both.unseal("f", "r", envelope) == PLAIN
    assert both.blind("email", "x") == first.blind("email", "x")
    assert both.blind("email", "x", version=2) != first.blind("email", "x")
    assert (first.index_version, both.index_version, both.version) == (1, 1, 2)
    assert await keyring.subject(ONE, ADA) is not None
    with pytest.raises(Corrupted):
        first.unseal("f", "r", both.seal("f", "r", PLAIN))
    with pytest.raises(Corrupted):
        both.derive("x", version=3)


async def test_no_repr_of_a_vault_shows_a_key(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    vaults = [await keyring.tenant(ONE), await keyring.create_subject(ONE, ADA)]
    assert all("b'" not in repr(vault) and not hasattr(vault, "__dict__") for vault in vaults)
    assert "wrapped" not in repr(bench.store.subjects) + repr(bench.store.tenants)


async def test_a_rotated_tenant_key_seals_only_once_every_process_holds_it(bench: Bench) -> None:
    file = bench.file()
    one, two = bench.keyring(file), bench.keyring(file)
    before = (await one.create_tenant(ONE)).seal("f", "r", PLAIN)
    await two.tenant(ONE)
    bench.clock.advance(SETTLE / SECOND)
    assert await one.rotate_tenant(ONE) == 2
    assert (await one.tenant(ONE)).version == 1
    bench.clock.advance(SETTLE / SECOND)
    assert (await one.tenant(ONE)).version == 2
    after = (await one.tenant(ONE)).seal("f", "r", PLAIN)
    for keyring in (one, two):
        vault = await keyring.tenant(ONE)
        assert (vault.unseal("f", "r", before), vault.unseal("f", "r", after)) == (PLAIN, PLAIN)


async def test_the_other_process_holds_the_new_key_before_it_may_seal(bench: Bench) -> None:
    file = bench.file()
    one, two = bench.keyring(file), bench.keyring(file)
    await one.create_tenant(ONE)
    await two.tenant(ONE)
    assert await one.rotate_tenant(ONE) == 2
    bench.clock.advance(SETTLE / SECOND - 1)
    held = await two.tenant(ONE)  # the last time that the other looked
    bench.clock.advance(1)
    assert held.unseal("f", "r", (await one.tenant(ONE)).seal("f", "r", PLAIN)) == PLAIN


async def test_a_key_that_is_minutes_old_is_not_rotated_again(bench: Bench) -> None:
    keyring = bench.keyring(bench.file())
    await keyring.create_tenant(ONE)
    assert await keyring.rotate_tenant(ONE) == 2
    assert await keyring.rotate_tenant(ONE) == Conflict("tenant_key_not_settled")
    bench.clock.advance(SETTLE / SECOND)
    assert await keyring.rotate_tenant(ONE) == 3


async def test_a_destroyed_tenant_is_gone_with_all_its_subjects_and_no_other(bench: Bench) -> None:
    keyring = await two_tenants(bench)
    for number in range(450):
        await keyring.create_subject(ONE, f"cus_{number}")
    await keyring.create_subject(TWO, ADA)
    assert await keyring.destroy_tenant(ONE) == 450
    assert await keyring.destroy_tenant(ONE) == 0
    assert await keyring.held_tenant(ONE) is None
    assert await keyring.subject(ONE, "cus_1") is None
    assert [row for row in bench.store.tenants.values() if row.tenant_id == ONE and row.wrapped] == []
    assert await keyring.subject(TWO, ADA) is not None


async def test_no_key_grows_where_a_tenant_was_destroyed(bench: Bench) -> None:
    file = bench.file()
    keyring = await two_tenants(bench)
    await keyring.destroy_tenant(ONE)
    with pytest.raises(Corrupted):
        await keyring.create_tenant(ONE)
    assert await keyring.rotate_tenant(ONE) == Conflict("tenant_key_destroyed")
    await file.rotate_root()
    assert await bench.upkeep(file).rewrap_tenants() == 2
    assert await bench.upkeep(file).rewrap_tenants() == 0


async def test_another_process_stops_using_a_destroyed_tenants_key_within_minutes(bench: Bench) -> None:
    file = bench.file()
    one, two = bench.keyring(file), bench.keyring(file)
    await one.create_tenant(ONE)
    await two.tenant(ONE)
    await one.destroy_tenant(ONE)
    bench.clock.advance(SETTLE / SECOND / 2)
    with pytest.raises(Corrupted):
        await two.tenant(ONE)
