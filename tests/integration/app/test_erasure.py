"""An erasure is finished even where it was interrupted, and no backup of the data undoes it."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest

from limen.app import auditing
from limen.app.consents import exported, key_reader
from limen.app.jobs.upkeep import keep_keyring, sweep
from limen.app.restoring import erase_again, without_a_key
from limen.app.settings.derived import database_urls
from limen.identity.administrators import SYSTEM
from limen.identity.audit.verify import Whole
from limen.identity.consents.verify import Intact, verify_export
from limen.identity.keyring import vaults
from limen.identity.keyring.envelope import Place, unseal
from limen.kernel.clock import DAY, MINUTE, SECOND
from limen.kernel.errors import Corrupted, Misconfigured
from limen.kernel.events import Event
from tests.contract.world import build, build_keys
from tests.support.backups import Backup, back_up, restore
from tests.support.house import PASSWORD, House, HouseClock, copy_files, open_house
from tests.support.postgres import Template

pytestmark = pytest.mark.anyio

ANN, BOB = "ann.erased@example.com", "bob.stays@example.com"
OF_ANN = (b"ann.erased@", b"Ann Erased", b"203.0.113", b"AnnsBrowser")
"""What is known of her: wherever one of these was sealed, it must not open again."""


@dataclass
class Sealed:
    """Every envelope with something of hers in it, with where it belongs."""

    envelopes: list[tuple[Place, bytes]] = field(default_factory=list)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Look over the shoulder of whatever is sealed."""
        original = vaults.seal

        def seal(key, place, plaintext, entropy):
            envelope = original(key, place, plaintext, entropy)
            if any(part in plaintext for part in OF_ANN):
                self.envelopes.append((place, envelope))
            return envelope

        with mock.patch.object(vaults, "seal", seal):
            yield

    async def opening(self, house: House, backup: Backup) -> list[str]:
        """The fields of those that stand in *backup* and that open with the keys of *house*."""
        opened = []
        for place, envelope in self.envelopes:
            if backup.has(envelope) and await _opens(house, place, envelope):
                opened.append(place.field)
        return opened


async def _opens(house: House, place: Place, envelope: bytes) -> bool:
    try:
        if not place.subject:
            (await house.basis.keyring.tenant(place.tenant)).unseal(place.field, place.record, envelope)
            return True
        vault = await house.basis.keyring.subject(place.tenant, place.subject)
        return vault is not None and unseal(vault._key, place, envelope) != b""
    except Corrupted:
        return False


async def live(house: House) -> None:
    """Ann signs up, comes back, decides, and is known to an application; Bob is there too."""
    ann = house.walker(address="203.0.113.9", user_agent="AnnsBrowser/1.0")
    page = await ann.sign_up(ANN, PASSWORD, "Ann Erased")
    shop = await house.register_client()
    page = await ann.allow(await ann.authorize(shop[0], login_hint=ANN))
    assert (await ann.tokens(shop, page))["status"] == 200
    await ann.begin_recovery(ANN)
    again = house.walker(address="203.0.113.10", user_agent="AnnsBrowser/2.0")
    await again.sign_in(ANN, PASSWORD)
    await again.sign_in(ANN, "another password entirely")
    pushed = await house.client().post(
        "/par", data={**ann.request(shop[0]), "login_hint": ANN}, auth=shop, headers={"user-agent": "AnnsBrowser"}
    )
    assert pushed.status_code == 201
    await house.customer(BOB, name="Bob Stays")
    await house.mails()


async def erase(house: House) -> str:
    async with house.storage.database.read(house.tenant.id) as unit:
        blind = (await house.directory().vault()).blind("email", ANN)
        ann = await unit.customers.find_by_contact("email", blind)
    assert await house.administration().delete(ann.id, SYSTEM) is None
    await house.mails()
    return ann.id


async def ledgers_verify(house: House) -> None:
    lines = [line async for line in exported(house.basis, house.tenant)]
    found = verify_export(lines, key_reader())
    assert isinstance(found, Intact)
    assert found.records > 0
    verdict = await auditing.verify(house.basis, house.tenant)
    assert isinstance(verdict.outcome, Whole)


@dataclass(frozen=True)
class Kept:
    """What was backed up before the erasure, and the keys after it and an epoch later."""

    data: Backup
    keys: Backup
    keys_after: Backup
    keys_later: Backup
    erased: str
    clock: HouseClock


async def erased_and_an_epoch_later(house: House, folder: Path, sealed: Sealed) -> Kept:
    """Back up, erase, and let the epoch's key be destroyed; the keyring of before is kept beside it."""
    with sealed.noted():
        await live(house)
    mine = database_urls(house.basis.settings)
    data, keys = await back_up(mine.data), await back_up(mine.keys)
    assert len(await sealed.opening(house, data)) > 5  # what a backup holds of her while she is here
    house.clock.advance(DAY / SECOND)
    erased = await erase(house)
    house.clock.advance(2 * DAY / SECOND)
    await sweep(house.basis)  # the keys of journeys go with them
    await ledgers_verify(house)
    assert await sealed.opening(house, data) == []
    keys_after = await back_up(mine.keys)
    shutil.copy(folder / "limen.keyring", folder / "keyring-before")
    for seconds in (31 * DAY / SECOND, 11 * MINUTE / SECOND):
        house.clock.advance(seconds)
        await keep_keyring(house.basis)
    return Kept(data, keys, keys_after, await back_up(mine.keys), erased, house.clock)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_backup_brings_nothing_of_an_erased_person_back(anyio_backend, request, tmp_path: Path, kind):
    here, there = tmp_path / "house", tmp_path / "restored"
    here.mkdir()
    urls = [("", ""), ("", "")]
    if kind == "sqlite":
        copy_files(request.getfixturevalue("house_files"), here)
    else:
        databases = request.getfixturevalue("postgres_url")
        make = (Template("contract", build), Template("contract_keys", build_keys))
        urls = [(databases(make[0]), databases(make[1])) for _ in urls]
    sealed = Sealed()
    async with open_house(here, *urls[0]) as house:
        kept = await erased_and_an_epoch_later(house, here, sealed)

    @asynccontextmanager
    async def restored(keys: Backup, keyring: str) -> AsyncIterator[House]:
        """The house as it was when the data was backed up, with these keys."""
        shutil.rmtree(there, ignore_errors=True)
        there.mkdir()
        files = (f"sqlite:///{there}/limen.db", f"sqlite:///{there}/limen-keys.db")
        for backup, url, file in zip((kept.data, keys), urls[1], files, strict=True):
            await restore(backup, url or file)
        shutil.copy(here / keyring, there / "limen.keyring")
        async with open_house(there, *urls[1], clock=kept.clock) as opened:
            yield opened

    # yesterday's data with today's keys
    async with restored(kept.keys_after, "keyring-before") as house:
        assert await sealed.opening(house, kept.data) == []
        await ledgers_verify(house)
        assert (await house.walker().sign_in(ANN, PASSWORD)).alert
        assert not (await house.walker().sign_in(BOB, PASSWORD)).alert  # not because nothing opens
        gone = await without_a_key(house.basis, house.tenant)
        assert gone == [kept.erased]
        assert await erase_again(house.basis, house.tenant, gone) == 1
        assert await without_a_key(house.basis, house.tenant) == []
        await ledgers_verify(house)
    # yesterday's keys too: within their epoch they open everything, and nothing after it
    async with restored(kept.keys, "keyring-before") as house:
        assert "customer.profile" in await sealed.opening(house, kept.data)
    async with restored(kept.keys, "limen.keyring") as house:
        with pytest.raises(Corrupted):
            await house.basis.keyring.subject(house.tenant.id, kept.erased)
        assert await sealed.opening(house, kept.data) == []
        await ledgers_verify(house)
    async with restored(kept.keys_later, "limen.keyring") as house:
        assert not (await house.walker().sign_in(BOB, PASSWORD)).alert


async def test_nobody_is_erased_by_the_key_store_of_somebody_else(house: House) -> None:
    customer = await house.customer("ann@example.com")
    await house.basis.keyring.destroy_subjects(house.tenant.id, [customer.id])
    with pytest.raises(Misconfigured):
        await without_a_key(house.basis, house.tenant)


async def test_a_deletion_whose_process_died_before_the_key_went_still_destroys_it(house: House) -> None:
    customer = await house.customer("ann@example.com")
    tenant_id = house.tenant.id
    assert await house.basis.keyring.subject(tenant_id, customer.id) is not None
    async with house.storage.database.begin(tenant_id) as unit:
        await unit.customers.delete(customer.id)
        unit.announce(Event("customer.deleted", customer.id))
    await house.mails()  # lets the relay drain the outbox
    assert await house.basis.keyring.subject(tenant_id, customer.id) is None
