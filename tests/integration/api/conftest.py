"""The house that each test of the API gets for itself."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from limen.access.journeys.parts import JourneyParts, JourneySettings
from limen.access.merging.merge import Merging
from limen.app.desks import DeskParts, TenantDesks
from limen.app.front import asking, consent_words
from limen.app.jobs.checkpoints import Basics, close_log
from limen.app.jobs.consents import LedgerSigners
from limen.identity.administrators import SYSTEM
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import policy_of
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings
from limen.identity.customers.directory import Directory
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings, Upkeep
from limen.identity.keyring.rotate import Rotations
from limen.identity.keyring.rotation import Rotating
from limen.identity.tenants.management import Tenancy
from limen.identity.tenants.records import Tenant
from limen.integration.api import ApiParts
from limen.integration.api.parts import Guards
from limen.kernel.clock import SystemClock
from limen.storage.cache import ProcessLimiter, ProcessShared
from limen.storage.opening import open_storage
from limen.trust.attacks.counters import Counters
from limen.trust.attacks.guard import AttackGuard
from limen.trust.attacks.tallies import Tallies
from limen.trust.attacks.watch import Watch
from limen.trust.bots.proofs import Proofs
from limen.trust.fraud.sign_ups import SignUpGuard
from limen.trust.geography.atlas import NO_ATLAS
from limen.trust.risk.judge import RiskJudge
from limen.trust.risk.keys import NO_EPOCHS
from limen.trust.threats.reputation import Reputation
from tests.contract.world import build, build_keys
from tests.integration.api.house import BASE, House
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy
from tests.support.postgres import on_thread


@pytest.fixture(scope="session")
def empty_databases(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("api-templates")
    on_thread(lambda: build(f"sqlite:///{folder}/limen.db"))
    on_thread(lambda: build_keys(f"sqlite:///{folder}/keys.db"))
    return folder


@pytest.fixture
async def house(anyio_backend, empty_databases, tmp_path, clock, entropy) -> AsyncIterator[House]:
    for name in ("limen.db", "keys.db"):
        shutil.copy(empty_databases / name, tmp_path / name)
    async with house_in(tmp_path, clock, entropy) as made:
        yield made


def guards_of(clock: ManualClock) -> Guards:
    """What knows how tenants stand."""
    limiter, tallies, shared = ProcessLimiter(b"g" * 32, clock), Tallies(clock), ProcessShared(clock, SeededEntropy())

    async def guard(tenant: Tenant) -> AttackGuard:
        counters, settings = Counters(limiter, limiter, tenant.id, shared, clock), tenant.settings
        return AttackGuard(counters, settings.attacks, Watch(clock), Reputation(), settings.networks, tallies)

    return guard


@asynccontextmanager
async def house_in(folder: Path, clock: ManualClock, entropy: SeededEntropy) -> AsyncIterator[House]:
    storage = await open_storage(
        database_url=f"sqlite:///{folder}/limen.db",
        keystore_url=f"sqlite:///{folder}/keys.db",
        token_database_url=None,
        worker="api-test",
        clock=clock,
        entropy=entropy,
    )
    file = FileKeyring.ensure(KeyringSettings(folder / "keyring"), clock, entropy)
    keyring = Keyring(storage.keystore, file, file, clock, entropy)
    hasher = PasswordHasher(
        Argon2Parameters(memory_kib=8, time_cost=1), HashPool(PoolSettings(threads=1), SystemClock()), entropy
    )
    desks = TenantDesks(DeskParts(storage, keyring, clock, entropy))
    begin, reading = storage.database.begin, storage.database.read
    try:
        default = await Tenancy(begin, reading, keyring, BASE, None, clock, entropy).create("default", "Home", SYSTEM)
        assert isinstance(default, Tenant)
        acme = await Tenancy(begin, reading, keyring, BASE, default.id, clock, entropy).create("acme", "Acme", SYSTEM)
        assert isinstance(acme, Tenant)

        def rotations(tenant_id) -> Rotations:
            upkeep = Upkeep(storage.keystore, file, file, clock, entropy, keyring.held_tenant)
            rotating = Rotating(storage.keystore, keyring, upkeep, clock)
            take = storage.leases.take
            return Rotations(tenant_id, begin, reading, rotating, file.rotate_root, take, clock, entropy)

        async def journeys(prefix: str) -> JourneyParts | None:
            desk = await desks(prefix)
            if desk is None:
                return None
            tenant, directory = desk.tenant, Directory(desk.tenant.id, keyring, clock, entropy)
            counted, settings = parts.limiter, tenant.settings
            return JourneyParts(
                desk=desk,
                begin=begin,
                read=reading,
                passing=begin,
                keyring=keyring,
                directory=directory,
                merging=Merging(tenant.id, begin, reading, directory, clock, entropy, settings.profile),
                hasher=hasher,
                pool=hasher.pool,
                policy=policy_of(settings.password_preset),
                limiter=counted,
                guard=await guard(tenant),
                proofs=Proofs(b"p" * 32, tenant.id, counted, clock, entropy),
                captcha=None,
                sign_ups=SignUpGuard(counted, tenant.id, settings.sign_up, settings.risk, b"s" * 32, None),
                judge=RiskJudge(settings.risk, NO_EPOCHS, NO_ATLAS, notices=settings.notices),
                consent_words=partial(consent_words, tenant),
                clock=clock,
                entropy=entropy,
                settings=JourneySettings(sms_ceiling=1_000, answer_step_ms=0),
            )

        basics = Basics(storage, keyring, clock)
        parts = ApiParts(
            desks=desks,
            begin=begin,
            reading=reading,
            directory_for=lambda tenant_id: Directory(tenant_id, keyring, clock, entropy),
            keyring=keyring,
            hasher=hasher,
            limiter=(limiter := ProcessLimiter(b"k" * 32, clock)),
            meter=limiter,
            clock=clock,
            entropy=entropy,
            base_url=BASE,
            asking=asking(storage, clock),
            ledger_signers=LedgerSigners(basics),
            close_log=partial(close_log, basics=basics),
            guards=(guard := guards_of(clock)),
            journeys=journeys,
            rotations=rotations,
        )
        yield House(storage, keyring, clock, entropy, parts, desks, default, acme)
    finally:
        await storage.close()
        await hasher.pool.close()
