"""Rotating keys while customers read and write, on both databases: killed, resumed, and by two at once."""

import asyncio
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings, Upkeep
from limen.identity.keyring.envelope import key_version
from limen.identity.keyring.rotate import Rotations
from limen.identity.keyring.rotation import Rotating, RotationKind, RotationState
from limen.kernel.clock import SECOND, SystemClock
from limen.kernel.errors import Conflict, NotFound
from limen.kernel.ids import CustomerId
from tests.contract.world import open_another
from tests.support.entropy import SeededEntropy

pytestmark = pytest.mark.anyio
FIELD, RECORD = "customer.email", "r"


class Vaulted:
    """Tenant A with keys, and customers who have sealed something."""

    def __init__(self, database, folder: Path, keys_url: str) -> None:
        self.database, self.folder, self.keys_url = database, folder, keys_url
        self.sealed: dict[str, bytes] = {}

    async def open(self, worker: str = "w-keys"):
        """One more process: its storage, its keyring with a cold cache, and its rotations."""
        clock, entropy = self.database.clock, SeededEntropy(crc32(worker.encode()))
        storage = await open_another(self.database.url, self.keys_url, worker, clock, entropy)
        file = FileKeyring.ensure(KeyringSettings(self.folder / "keyring"), clock, entropy)
        keyring = Keyring(storage.keystore, file, file, clock, entropy)
        upkeep = Upkeep(storage.keystore, file, file, clock, entropy, keyring.held_tenant)
        rotating = Rotating(storage.keystore, keyring, upkeep, clock)
        begin, read = storage.database.begin, storage.database.read
        use = Rotations(self.database.a, begin, read, rotating, file.rotate_root, storage.leases.take, clock, entropy)
        return storage, keyring, use

    async def fill(self, keyring: Keyring, count: int) -> None:
        await keyring.create_tenant(self.database.a)
        for _ in range(count):
            name = CustomerId.new(self.database.clock, self.database.entropy)
            vault = await keyring.create_subject(self.database.a, name)
            self.sealed[name] = vault.seal(FIELD, RECORD, name.encode())

    async def all_open(self, keyring: Keyring) -> bool:
        for name, envelope in self.sealed.items():
            vault = await keyring.subject(self.database.a, name)
            if vault is None or vault.unseal(FIELD, RECORD, envelope) != name.encode():
                return False
        return True


@pytest.fixture
async def vaulted(database, keys_url, tmp_path):
    made = Vaulted(database, tmp_path, keys_url)
    storage, made.keyring, made.use = await made.open()
    yield made
    await storage.close()


async def versions(vaulted) -> list[int]:
    rows = await vaulted.use.rotating.store.tenants_subject_keys(vaulted.database.a, 10**18, "", 10_000)
    return [row.version for row in rows]


async def test_customers_get_new_keys_while_they_read_and_write(vaulted, monkeypatch):
    monkeypatch.setattr("limen.identity.keyring.rotation.PAGE", 7)
    await vaulted.fill(vaulted.keyring, 40)
    tenant, names = vaulted.database.a, list(vaulted.sealed)
    held = await vaulted.keyring.subject(tenant, names[0])  # somebody is in the middle of something
    vaulted.database.clock.advance(5)
    rotation = await vaulted.use.begin(RotationKind.CUSTOMERS, SYSTEM)
    assert isinstance(await vaulted.use.begin(RotationKind.CUSTOMERS, SYSTEM), Conflict)
    stop = asyncio.Event()

    async def reads_and_writes() -> None:
        number = 0
        while not stop.is_set():
            name = names[number % len(names)]
            vault = await vaulted.keyring.subject(tenant, name)
            assert vault.unseal(FIELD, RECORD, vaulted.sealed[name]) == name.encode()
            vaulted.sealed[name] = vault.seal(FIELD, RECORD, name.encode())
            number += 1
            await asyncio.sleep(0)

    busy = asyncio.create_task(reads_and_writes())
    while await vaulted.use.advance(1):
        assert not busy.done()
    stop.set()
    await busy
    assert set(await versions(vaulted)) == {rotation.version}
    vaulted.sealed[names[0]] = held.seal(FIELD, RECORD, names[0].encode())  # under the key of before
    assert await vaulted.all_open(vaulted.keyring)
    fresh = await vaulted.keyring.subject(tenant, names[1])
    assert key_version(fresh.seal(FIELD, RECORD, b"x")) == rotation.version
    [done] = await vaulted.use.list()
    assert (done.state, done.total, done.done, done.seen) == (RotationState.DONE, 40, 40, 40)
    await vaulted.keyring.destroy_subject(tenant, names[2])
    assert await vaulted.keyring.subject(tenant, names[2]) is None
    assert {"customer_keys.rotated", "keys.rewrapped"} <= set(await vaulted.database.events())


async def test_a_rotation_is_done_once_whoever_does_it_and_goes_on_where_it_was_stopped(vaulted, monkeypatch):
    monkeypatch.setattr("limen.identity.keyring.rotation.PAGE", 5)
    await vaulted.fill(vaulted.keyring, 30)
    await vaulted.use.begin(RotationKind.CUSTOMERS, SYSTEM)
    await vaulted.use.advance(2)
    other_storage, _, other = await vaulted.open("w-other")
    assert [one.seen for one in await other.advance(1)] == [10]  # the lease is another's
    vaulted.database.clock.advance(300)  # it died
    await asyncio.gather(other.advance(9), vaulted.use.advance(9))
    await other_storage.close()
    assert [(one.state, one.done) for one in await vaulted.use.list()] == [(RotationState.DONE, 30)]
    assert len(set(await versions(vaulted))) == 1
    assert await vaulted.all_open(vaulted.keyring)


async def test_a_tenants_new_version_seals_first_and_then_wraps_its_customers_keys(vaulted):
    await vaulted.fill(vaulted.keyring, 12)
    await vaulted.use.begin(RotationKind.TENANT, SYSTEM)
    await vaulted.use.advance(9)
    assert [one.seen for one in await vaulted.use.list()] == [0]  # it does not seal yet
    vaulted.database.clock.advance(17 * 60)
    assert await vaulted.use.advance(9) == []
    [done] = await vaulted.use.list()
    assert (done.done, done.total) == (12, 12)
    assert (await vaulted.keyring.tenant(vaulted.database.a)).version == 2
    assert set(await versions(vaulted)) == {1}  # the customers' own keys are what they were
    storage, keyring, _ = await vaulted.open("w-cold")
    assert await vaulted.all_open(keyring)
    await storage.close()


async def test_a_new_root_key_wraps_every_tenants_key(vaulted):
    await vaulted.fill(vaulted.keyring, 3)
    await vaulted.use.begin(RotationKind.ROOT, SYSTEM)
    await vaulted.use.advance(1)
    [done] = await vaulted.use.list()
    assert (done.state, done.done) == (RotationState.DONE, 1)
    storage, keyring, _ = await vaulted.open("w-cold")
    assert await vaulted.all_open(keyring)
    await storage.close()


async def test_one_customer_gets_a_new_key_up_to_a_bound(vaulted):
    await vaulted.fill(vaulted.keyring, 1)
    [name] = vaulted.sealed
    nobody = CustomerId.new(vaulted.database.clock, vaulted.database.entropy)
    assert isinstance(await vaulted.use.rotate_customer(nobody, SYSTEM), NotFound)
    for number in range(2, 17):
        assert await vaulted.use.rotate_customer(name, SYSTEM) == number
    assert isinstance(await vaulted.use.rotate_customer(name, SYSTEM), Conflict)
    assert await vaulted.all_open(vaulted.keyring)


@pytest.mark.slow
async def test_a_process_that_is_killed_in_the_middle_leaves_every_key_whole(vaulted):
    await vaulted.fill(vaulted.keyring, 120)
    await vaulted.use.begin(RotationKind.CUSTOMERS, SYSTEM)
    named = (vaulted.database.url, vaulted.keys_url, vaulted.database.a, str(vaulted.folder))
    for _ in range(2):
        child = await asyncio.to_thread(
            subprocess.Popen,
            [sys.executable, "-m", "tests.contract.rotator", *named],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        await asyncio.to_thread(child.stdout.readline)
        await asyncio.sleep(0.02)
        child.kill()
        child.stdout.close()
        assert child.wait() == -9
        assert await vaulted.all_open(vaulted.keyring)
    [halfway] = await vaulted.use.list()
    assert 0 < halfway.seen < 120
    behind = SystemClock().now() - vaulted.database.clock.now()  # the child's clock is the machine's, so was its lease
    vaulted.database.clock.advance(max(0, behind) / SECOND + 3600)
    assert await vaulted.use.advance(99) == []
    assert len(set(await versions(vaulted))) == 1
    assert await vaulted.all_open(vaulted.keyring)
