"""An erasure is finished even where it was interrupted, and no backup of the data undoes it."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest

from limen.access.linking.records import Assertion
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
from limen.identity.tenants.preferences import PreferenceSettings, Topic
from limen.identity.tenants.sign_in import SignInSettings
from limen.integration.messaging.delivery import DeliveryRefused
from limen.integration.messaging.mailbox import DevelopmentMailbox
from limen.kernel.clock import DAY, MINUTE, SECOND
from limen.kernel.encoding import b64url
from limen.kernel.errors import Corrupted, Misconfigured
from limen.kernel.events import Event
from tests.contract.world import build, build_keys
from tests.integration.account.people import pressing
from tests.integration.account.test_linking import linked
from tests.integration.consents.test_portal import PRIVACY, answered, publish
from tests.integration.consents.test_rights import asked, officer
from tests.integration.journeys import test_sms as sms
from tests.integration.journeys.test_safe_changes import mailed
from tests.integration.journeys.test_second_factor import enrolled, now_code, settings
from tests.support.authenticator import Authenticator
from tests.support.backups import Backup, back_up, restore
from tests.support.house import PASSWORD, House, HouseClock, code_in, copy_files, open_house
from tests.support.postgres import Template

pytestmark = pytest.mark.anyio

_CUSTOMER = "cus_"
_TOLD_BY = 96
"""Bytes by which an envelope is told from others, its nonce among them: a long one does not stand in one piece."""
OF_JOURNEYS = {"journey.state"}
"""Sealed under the key of a journey, which is destroyed with it."""
ANN, BOB = "ann.erased@example.com", "bob.stays@example.com"
OF_ANN = (
    *(b"ann.erased", b"Ann Erased", b"203.0.113", b"AnnsBrowser", b"15123456789", b"15123456000", b"Anns words"),
    *(b"google-of-ann", b"AnnsApp"),
)
"""What is known of her: wherever one of these was sealed, it must not open again, and nowhere it stands in clear."""
KINDS = {
    *("customer.profile", "password.hash", "factor.totp", "factor.phone", "factor.passkey", "preferences", "archive"),
    *("privacy_request", "processing_limit", "risk.history", "session.surroundings", "trusted.device", "account.link"),
    *("recovery.request", "consent.personal", "audit.personal", "journey.state", "mail", "sms"),
}
"""Every kind of envelope that a backup made in the middle of her life holds."""


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
            if place.subject.startswith(_CUSTOMER) or any(part in plaintext for part in OF_ANN):
                self.envelopes.append((place, envelope))
            return envelope

        with mock.patch.object(vaults, "seal", seal):
            yield

    async def opening(self, house: House, backup: Backup) -> set[str]:
        """The fields of those that stand in *backup* and that open with the keys of *house*."""
        opened = set()
        for place, envelope in self.envelopes:
            begins = envelope[:_TOLD_BY]
            is_there = backup.has(begins) or backup.has(b64url(begins).encode())
            if is_there and await _opens(house, place, envelope):
                opened.add(place.field)
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
    """Ann signs up, comes back, decides, and is known to an application; Bob is there too, of whom nothing is noted."""
    tenant = await settings(
        house,
        sms=sms.GERMAN,
        sign_in=SignInSettings(usernames="optional", phones=True),
        preferences=PreferenceSettings(channels=("email",), topics=(Topic(name="seeds", words={"en": "x"}),)),
    )
    house.tenant = tenant
    await publish(house)
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
    await proving(house, ann)
    await saying(house, ann)
    await losing(house, ann)


async def begun(house: House, ann, intent: str):
    """The first page of a task, behind the proof that whoever has an app is asked for."""
    page = await pressing(ann, "/account/security", intent)
    if page.h1 == sms.ASKED:
        page = await ann.post(page, code=now_code(house, ann.totp))
        house.clock.advance(30)
    return page


async def proving(house: House, ann) -> None:
    """She has every kind of factor, a name, a number and an identity elsewhere."""
    ann.totp, _, _ = await enrolled(house, ann, "AnnsApp")
    page = await ann.post(await begun(house, ann, "add_phone"), phone=sms.NUMBER)
    await ann.post(page, form=page.forms[-2], code=sms.code_of((await sms.texts(house))[-1]))
    page = await begun(house, ann, "add_passkey")
    await ann.post(page, passkey=Authenticator().make(page))
    await ann.post(await begun(house, ann, "change_username"), username="ann.erased")
    page = await ann.post(await begun(house, ann, "add_number"), phone=sms.OTHER)
    await ann.post(page, form=page.forms[-2], code=sms.code_of((await sms.texts(house, sms.OTHER))[-1]))
    async with house.storage.database.read(house.tenant.id) as unit:
        found = await unit.customers.find_by_contact("email", await house.directory().email_index(ANN))
    await linked(house, found, Assertion("https://accounts.example", "google-of-ann", ANN, True, ANN))


async def saying(house: House, ann) -> None:
    """She decides, prefers, asks by right, and has a copy made."""
    await answered(ann, "give")
    await pressing(ann, PRIVACY, "save_preferences", **{"channel.email": "yes", "topic.seeds": "yes"})
    assert (await asked(ann, words="Anns words")).notices
    await pressing(ann, PRIVACY, "ask_archive")
    await house.mails()


async def losing(house: House, ann) -> None:
    """An officer restricts what is done with her data; she trusts a device; then she has lost her factors, and waits.

    What is sent of it is refused where it arrives, and put aside.
    """
    async with house.storage.database.read(house.tenant.id) as unit:
        found = await unit.customers.find_by_contact("email", await house.directory().email_index(ANN))
    async with officer(house) as http:
        held = await http.put(f"customers/{found.id}/restriction", json={"reason": "Anns words are contested."})
    assert held.status_code == 204, held.text
    trusting = house.walker(address="203.0.113.11", user_agent="AnnsBrowser/3.0")
    page = await trusting.sign_in(ANN, PASSWORD)
    await trusting.post(page, code=now_code(house, ann.totp), trust="yes")
    lost = house.walker(address="203.0.113.12", user_agent="AnnsBrowser/4.0")
    page = await lost.begin_recovery(ANN)
    page = await lost.post(page, code=code_in((await mailed(house, ANN, "reset_password"))[-1]))
    refuses = mock.Mock(side_effect=DeliveryRefused("nobody_there"))
    with mock.patch.multiple(DevelopmentMailbox, send=refuses, keep=refuses):
        await lost.post(await lost.post(page, intent="lost"))
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
    await house.customer(BOB, name="Bob Stays")
    mine = database_urls(house.basis.settings)
    data, keys = await back_up(mine.data), await back_up(mine.keys)
    assert await sealed.opening(house, data) == KINDS  # what a backup holds of her while she is here
    assert [part for part in OF_ANN if data.has(part) or keys.has(part)] == []
    house.clock.advance(DAY / SECOND)
    erased = await erase(house)
    house.clock.advance(2 * DAY / SECOND)
    await sweep(house.basis)  # the keys of journeys go with them
    await ledgers_verify(house)
    assert await sealed.opening(house, data) == set()
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
        assert await sealed.opening(house, kept.data) == set()
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
        assert await sealed.opening(house, kept.data) >= KINDS - OF_JOURNEYS
    async with restored(kept.keys, "limen.keyring") as house:
        with pytest.raises(Corrupted):
            await house.basis.keyring.subject(house.tenant.id, kept.erased)
        assert await sealed.opening(house, kept.data) == set()
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
