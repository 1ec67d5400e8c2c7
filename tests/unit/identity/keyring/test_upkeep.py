"""The keyring's jobs: epochs turn, roots rotate, orphans go, and nobody loses a key."""

from collections.abc import Sequence

import pytest

from limen.identity.keyring import FileKeyring, Keyring, Upkeep, WrappedSubjectKey
from limen.identity.keyring import upkeep as jobs
from limen.identity.keyring.envelope import key_version
from limen.identity.keyring.rootkeys import SETTLE
from limen.identity.keyring.store import SubjectCursor
from limen.identity.keyring.wrapping import open_outer
from limen.kernel.clock import DAY, SECOND
from limen.kernel.errors import Corrupted, Misconfigured
from tests.unit.identity.keyring.doubles import Bench, MemoryKeyStore

TENANT = "ten_one"
PLAIN = b"ada@example.org"

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_PAGE", 3)


async def subjects(keyring: Keyring, count: int) -> dict[str, bytes]:
    """Return what *count* new subjects sealed."""
    await keyring.create_tenant(TENANT)
    names = [f"cus_{number}" for number in range(count)]
    return {name: (await keyring.create_subject(TENANT, name)).seal("f", "r", PLAIN) for name in names}


async def all_read(keyring: Keyring, sealed: dict[str, bytes]) -> bool:
    vaults = {name: await keyring.subject(TENANT, name) for name in sealed}
    return all(vault is not None and vault.unseal("f", "r", sealed[name]) == PLAIN for name, vault in vaults.items())


async def turned(bench: Bench, file: FileKeyring) -> Upkeep:
    """Let an epoch pass, re-wrap, let it settle."""
    upkeep = bench.upkeep(file)
    bench.clock.advance(30 * DAY / SECOND)
    await upkeep.keep_epochs()
    bench.clock.advance(SETTLE / SECOND)
    return upkeep


async def test_after_an_epoch_live_keys_are_under_the_new_one_and_the_old_one_is_gone(bench: Bench) -> None:
    file = bench.file()
    keyring = bench.keyring(file)
    sealed = await subjects(keyring, 7)
    upkeep = bench.upkeep(file)
    bench.clock.advance(30 * DAY / SECOND)
    assert await upkeep.keep_epochs() == len(sealed)
    assert [epoch.id for epoch in await file.epochs()] == [1, 2]  # a slow process may still write under the first
    bench.clock.advance(SETTLE / SECOND)
    assert await upkeep.keep_epochs() == 0
    assert [epoch.id for epoch in await file.epochs()] == [2]
    assert {row.epoch_id for row in bench.store.subjects.values()} == {2}
    assert await all_read(keyring, sealed)


async def test_a_backup_of_the_key_store_cannot_undo_an_erasure_once_its_epoch_is_destroyed(bench: Bench) -> None:
    file = bench.file()
    keyring = bench.keyring(file)
    await subjects(keyring, 2)
    backup = dict(bench.store.subjects)
    await keyring.destroy_subject(TENANT, "cus_0")
    upkeep = await turned(bench, file)
    bench.store.subjects.update(backup)
    assert await keyring.subject(TENANT, "cus_0") is not None  # until the epoch key goes, a backup still opens
    bench.store.subjects.pop(SubjectCursor(TENANT, "cus_0"))
    await upkeep.keep_epochs()
    bench.store.subjects.update(backup)
    for process in (keyring, bench.keyring(bench.file())):
        with pytest.raises(Corrupted):
            await process.subject(TENANT, "cus_0")


async def test_a_key_written_late_under_the_old_epoch_is_moved_before_the_epoch_goes(bench: Bench) -> None:
    file, slow = bench.file(), bench.file()
    sealed = await subjects(bench.keyring(file), 2)
    upkeep = bench.upkeep(file)
    await file.begin_epoch()
    await upkeep.keep_epochs()
    late = await bench.keyring(slow).create_subject(TENANT, "cus_late")  # this process has not heard yet
    assert bench.store.subjects[SubjectCursor(TENANT, "cus_late")].epoch_id == 1
    sealed["cus_late"] = late.seal("f", "r", PLAIN)
    bench.clock.advance(SETTLE / SECOND)
    assert await upkeep.keep_epochs() == 1
    assert [epoch.id for epoch in await file.epochs()] == [2]
    assert await all_read(bench.keyring(bench.file()), sealed)


class StoppingStore(MemoryKeyStore):
    """Fails at the second page."""

    calls = 0

    async def replace_subject_keys(self, changes: Sequence[tuple[WrappedSubjectKey, WrappedSubjectKey]]) -> int:
        self.calls += 1
        if self.calls == 2:
            raise ConnectionError
        return await super().replace_subject_keys(changes)


async def test_a_stopped_rewrap_goes_on_where_it_stopped(bench: Bench) -> None:
    bench.store = StoppingStore()
    file = bench.file()
    keyring = bench.keyring(file)
    sealed = await subjects(keyring, 8)
    await file.begin_epoch()
    with pytest.raises(ConnectionError):
        await bench.upkeep(file).rewrap_epoch(1, 2)
    assert await all_read(keyring, sealed)
    assert await bench.upkeep(file).rewrap_epoch(1, 2) == 8 - 3
    assert await all_read(keyring, sealed)


class ErasingStore(MemoryKeyStore):
    """Erases a subject between the read and the write of a re-wrap."""

    async def replace_subject_keys(self, changes: Sequence[tuple[WrappedSubjectKey, WrappedSubjectKey]]) -> int:
        await self.delete_subject_keys(TENANT, ["cus_0"])
        return await super().replace_subject_keys(changes)


async def test_a_rewrap_never_brings_back_an_erased_subject(bench: Bench) -> None:
    bench.store = ErasingStore()
    file = bench.file()
    keyring = bench.keyring(file)
    await subjects(keyring, 2)
    await file.begin_epoch()
    assert await bench.upkeep(file).rewrap_epoch(1, 2) == 1
    assert await keyring.subject(TENANT, "cus_0") is None


async def test_rewrapping_from_a_destroyed_epoch_is_refused(bench: Bench) -> None:
    with pytest.raises(Corrupted):
        await bench.upkeep(bench.file()).rewrap_epoch(7, 1)


async def test_a_rotated_root_rewraps_every_tenant_and_the_old_root_can_go(bench: Bench) -> None:
    file = bench.file()
    keyring = bench.keyring(file)
    names = [f"ten_{number}" for number in range(7)]
    sealed = {name: (await keyring.create_tenant(name)).seal("f", "r", PLAIN) for name in names}
    backup = dict(bench.store.tenants)
    old = file.key_id
    await file.rotate_root()
    assert await bench.upkeep(file).rewrap_tenants() == len(names)
    assert await bench.upkeep(file).rewrap_tenants() == 0
    bench.clock.advance(SETTLE / SECOND)
    assert await file.destroy_root(old) is None
    restarted = bench.keyring(bench.file())
    for name in names:
        assert (await restarted.tenant(name)).unseal("f", "r", sealed[name]) == PLAIN
    bench.store.tenants = backup
    with pytest.raises(Misconfigured):
        await bench.keyring(bench.file()).tenant(names[0])


async def test_a_turned_epoch_moves_subjects_under_the_newest_tenant_key(bench: Bench) -> None:
    file = bench.file()
    keyring = bench.keyring(file)
    sealed = await subjects(keyring, 3)
    await keyring.rotate_tenant(TENANT)
    bench.clock.advance(SETTLE / SECOND)
    await file.begin_epoch()
    upkeep = Upkeep(bench.store, file, file, bench.clock, bench.entropy, keyring.held_tenant)
    assert await upkeep.rewrap_epoch(1, 2) == 3
    epoch = await file.epoch(2)
    assert epoch is not None
    assert {key_version(open_outer(row, epoch)) for row in bench.store.subjects.values()} == {2}
    assert await all_read(keyring, sealed)


class Register:
    """Knows one tenant and some subjects."""

    def __init__(self, *subject_ids: str) -> None:
        self.subject_ids = frozenset(subject_ids)

    async def living(self, tenant_id: str, subject_ids: Sequence[str]) -> frozenset[str] | None:
        return self.subject_ids.intersection(subject_ids) if tenant_id == TENANT else None


async def test_the_sweep_deletes_orphans_of_its_span_and_nothing_else(bench: Bench) -> None:
    file = bench.file()
    keyring = bench.keyring(file)
    await subjects(keyring, 5)
    await keyring.create_tenant("ten_unknown")
    await keyring.create_subject("ten_unknown", "cus_kept")
    bench.clock.advance(1)
    border = bench.clock.now()
    await keyring.create_subject(TENANT, "cus_young")
    assert await bench.upkeep(file).sweep_orphans(Register("cus_1", "cus_3"), 0, border) == 3
    assert {row.subject_id for row in bench.store.subjects.values()} == {"cus_1", "cus_3", "cus_young", "cus_kept"}
