"""Root keys at Vault's transit engine: wrapped there, held for a while, and what happens when it is away."""

import asyncio
import socket
from dataclasses import replace

import pytest

from limen.app.basis import open_basis
from limen.app.doctor.kms import kms_findings
from limen.app.settings import Settings
from limen.app.settings.sections.keys import KeyringSection, KmsSection
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings, Upkeep
from limen.integration.kms.guarded import GuardedWrapper, Successor
from limen.integration.kms.transit import TransitSettings, TransitWrapper
from limen.kernel.errors import Corrupted, Misconfigured, Outage
from limen.kernel.secret import Secret
from tests.support.transit import TOKEN, transit
from tests.support.waiting import PATIENCE
from tests.unit.identity.keyring.doubles import MemoryKeyStore

pytestmark = pytest.mark.anyio
KEY, CONTEXT, TENANT = b"k" * 32, b"ten_1", "ten_1"


@pytest.fixture
def vault():
    with transit() as running:
        yield running


def wrapper(vault, **changes) -> TransitWrapper:
    return TransitWrapper(
        replace(TransitSettings(vault.url, "limen", token=Secret(TOKEN), seconds=PATIENCE), **changes)
    )


async def test_a_key_comes_back_in_its_own_context_also_after_a_rotation(vault):
    kms = wrapper(vault)
    wrapped = await kms.wrap(KEY, CONTEXT)
    assert KEY not in wrapped
    assert kms.key_id == "vault:transit/limen:v1"
    assert await kms.rotate_root() == "vault:transit/limen:v2"
    assert (await kms.wrap(KEY, CONTEXT)).startswith(b"vault:v2:")
    assert await kms.unwrap(wrapped, CONTEXT) == KEY
    for changed, context in ((wrapped, b"ten_2"), (wrapped[:-8] + b"AAAAAAA=", CONTEXT), (b"\xff", CONTEXT)):
        with pytest.raises(Corrupted):
            await kms.unwrap(changed, context)


@pytest.mark.parametrize(
    ("status", "body"), [(403, b"{}"), (503, b""), (200, b"[]"), (200, b'{"data":{}}'), (302, b"")]
)
async def test_whatever_else_it_answers_is_an_outage_that_quotes_nothing(vault, status, body):
    vault.status, vault.body = status, body
    with pytest.raises(Outage) as away:
        await wrapper(vault).wrap(KEY, CONTEXT)
    assert TOKEN not in str(away.value)
    wrong = wrapper(vault, token=Secret("hvs.wrong"))
    vault.status = 0
    with pytest.raises(Outage):
        await wrong.wrap(KEY, CONTEXT)


async def test_silence_and_a_closed_port_are_outages(vault, tmp_path):
    vault.seconds = 0.6
    with pytest.raises(Outage):
        await wrapper(vault, seconds=0.1).wrap(KEY, CONTEXT)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(Outage):
            await wrapper(vault, url=f"http://127.0.0.1:{bound.getsockname()[1]}").wrap(KEY, CONTEXT)
    with pytest.raises(Outage, match="file"):
        await wrapper(vault, token_file=str(tmp_path / "none")).wrap(KEY, CONTEXT)
    with pytest.raises(Misconfigured):
        wrapper(vault, url="http://vault.example")


class Kept:
    """A keyring whose root key moved from the file to Vault."""

    def __init__(self, vault, folder, clock, entropy) -> None:
        self.store, self.clock, self.entropy, self.counts = MemoryKeyStore(), clock, entropy, []
        self.file = FileKeyring.ensure(KeyringSettings(folder / "keyring"), clock, entropy)
        self.before = Keyring(self.store, self.file, self.file, clock, entropy)
        count = lambda operation, outcome: self.counts.append((operation, outcome))  # noqa: E731
        self.kms = GuardedWrapper(Successor(wrapper(vault), self.file), clock, count)
        self.keyring = Keyring(self.store, self.kms, self.file, clock, entropy, 3_600)
        self.upkeep = Upkeep(self.store, self.kms, self.file, clock, entropy, self.keyring.held_tenant)


async def test_keys_move_from_the_file_to_vault_and_nothing_is_encrypted_anew(vault, tmp_path, clock, entropy):
    kept = Kept(vault, tmp_path, clock, entropy)
    envelope = (await kept.before.create_tenant(TENANT)).seal("a.b", "r", b"secret")
    assert (await kept.keyring.tenant(TENANT)).unseal("a.b", "r", envelope) == b"secret"
    assert await kept.upkeep.rewrap_tenants() == 1
    assert await kept.upkeep.rewrap_tenants() == 0
    [row] = await kept.store.get_tenant_keys(TENANT)
    assert row.root_key_id == "vault:transit/limen:v1"
    vault.keys.append(vault.keys[0])  # somebody rotated it there
    assert await kept.upkeep.rewrap_tenants() == 1
    assert (await kept.store.get_tenant_keys(TENANT))[0].root_key_id == "vault:transit/limen:v2"
    cold = Keyring(kept.store, kept.kms, kept.file, clock, entropy)
    assert (await cold.tenant(TENANT)).unseal("a.b", "r", envelope) == b"secret"


async def test_while_vault_is_away_held_keys_serve_until_their_life_ends(vault, tmp_path, clock, entropy):
    kept = Kept(vault, tmp_path, clock, entropy)
    await kept.keyring.create_tenant(TENANT)
    asked = len(vault.requests)
    for _ in range(5):
        clock.advance(600)
        await kept.keyring.tenant(TENANT)  # looked at again, and not unwrapped again
    assert len(vault.requests) == asked
    vault.status = 503
    customer = await kept.keyring.create_subject(TENANT, "cus_1")  # the tenant's key is held
    assert customer.unseal("a.b", "r", customer.seal("a.b", "r", b"x")) == b"x"
    clock.advance(601)
    for _ in range(3):
        with pytest.raises(Outage) as away:
            await kept.keyring.tenant(TENANT)
        assert away.value.retry_after >= 1
    assert len(vault.requests) == asked + 1  # the others did not wait for it
    assert kept.counts[-1] == ("unwrap", "away")
    vault.status = 0
    clock.advance(6)
    assert (await kept.keyring.tenant(TENANT)).version == 1


def settings_of(vault, folder, **changes) -> Settings:
    section = KmsSection(kind="vault", url=vault.url, token=Secret(TOKEN), seconds=PATIENCE)
    return Settings(
        issuer="http://localhost:8000", data_dir=str(folder), insecure_http=True,
        kms=section, keyring=KeyringSection(**changes),
    )  # fmt: skip


async def test_a_start_without_the_kms_is_refused_in_one_line(vault, tmp_path):
    settings = settings_of(vault, tmp_path)
    assert [finding async for finding in kms_findings(settings)] == []
    async with open_basis(settings) as basis:
        await basis.keyring.create_tenant(TENANT)
        [row] = await basis.storage.keystore.get_tenant_keys(TENANT)
        assert row.root_key_id.startswith("vault:")
        assert b'"roots":[]' in (tmp_path / "limen.keyring").read_bytes()
    vault.status = 503
    with pytest.raises(Misconfigured, match="the KMS is not to be used"):
        async with open_basis(settings):
            pass
    [finding] = [finding async for finding in kms_findings(settings)]
    assert "503" in finding.what
    await asyncio.sleep(0)
