"""The whole application in this process, built as it is served, with time and chance in the test's hands.

Background work sleeps as long as the house stands: jobs never run, and the outbox relay wakes when something is
committed. Only a request that sleeps moves the clock.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import httpx2
import msgspec
from sqlalchemy import func, select

from limen.access.clients.records import Client, ClientDocument
from limen.access.clients.registration import Registration
from limen.app import compose
from limen.app.basis import Basis, Chance, tenancy
from limen.app.compose import Site, build
from limen.app.preparing import migrate_databases
from limen.app.server import App
from limen.app.settings import Settings
from limen.app.settings.derived import database_urls
from limen.app.settings.sections.guarding import PasswordsSection
from limen.app.settings.sections.limits import LimitsSection
from limen.app.settings.values import Rate
from limen.experience.rendering import Renderer, StaticAssets
from limen.identity.administrators import SYSTEM
from limen.identity.audit.chain import OPEN_FIELDS, OPENED, AuditRecord, first_break
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import PRESETS
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.prepare import prepare
from limen.identity.credentials.records import seal_password
from limen.identity.credentials.settings import Argon2Parameters
from limen.identity.customers.directory import Directory
from limen.identity.customers.management import CustomerAdministration
from limen.identity.customers.records import Customer, Profile
from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.notices import NoticeSettings
from limen.identity.tenants.records import Tenant, TenantSettings
from limen.identity.tenants.sign_up import SignUpSettings
from limen.integration.messaging.handler import message_id
from limen.integration.messaging.mail import OutgoingMail
from limen.integration.messaging.mailbox import DevelopmentMailbox
from limen.integration.messaging.text_handler import text_id
from limen.kernel.encoding import encode_json
from limen.kernel.errors import Refusal
from limen.kernel.events import Event
from limen.kernel.secret import Secret
from limen.storage import schema
from limen.storage.database import Subscriber
from limen.storage.schema.processes import outbox
from limen.storage.statements import Statement
from limen.storage.unit import Unit
from tests.support import doors, rsa_keys
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy
from tests.support.postgres import on_thread
from tests.support.waiting import PATIENCE
from tests.support.walker import FIREFOX, Page, Walker, code_in, link_in, says
from tests.support.web import Web

__all__ = ["BASE", "House", "Page", "Trace", "Walker", "code_in", "link_in", "open_house", "prepared_files", "says"]

BASE = "https://id.example"
CALLBACK = "https://shop.example/callback"
GOODBYE = "https://shop.example/goodbye"
PASSWORD = "correct horse battery staple"
doors.share()
_serving: ContextVar[bool] = ContextVar("serving", default=False)
_FILES = ("limen.db", "limen-keys.db", "limen.keyring")
_TABLES = schema.metadata.sorted_tables
_ASKED = Statement(select(outbox.c.id, outbox.c.tenant_id, outbox.c.created_at))
_COUNTS = Statement(select(*(select(func.count()).select_from(table).scalar_subquery() for table in _TABLES)))


class HouseClock(ManualClock):
    """A clock that only requests may move: what works in the background sleeps until it is ended."""

    async def sleep(self, seconds: float) -> None:
        if _serving.get():
            await super().sleep(seconds)
        elif seconds <= 0:
            await asyncio.sleep(0)
        else:
            await asyncio.Event().wait()


@dataclass
class Trace:
    """What requests did while they were watched."""

    statements: list[str] = field(default_factory=list)
    hashes: int = 0
    events: int = 0
    slept: list[float] = field(default_factory=list)


class Heard(dict[str, Sequence[Subscriber]]):
    """The subscribers of a database, with one more of every event, who notes what is announced."""

    def __init__(self, others: Mapping[str, Sequence[Subscriber]], noted: list[tuple[str, dict[str, Any]]]) -> None:
        super().__init__(others)
        self._noted = noted

    async def _note(self, _: Unit, event: Event) -> None:
        self._noted.append((event.name, json.loads(encode_json(event.data))))

    def get(self, name: str, _: Any = ()) -> Sequence[Subscriber]:
        return (*super().get(name, ()), self._note)


class House:
    """Everything a test of the whole needs."""

    def __init__(self, app: App, site: Site, pool: HashPool) -> None:
        self.app = app
        self.site = site
        self.pool = pool
        self.basis: Basis
        self.tenant: Tenant
        self._trace: Trace | None = None
        self._earlier: set[bytes] = set()
        self.announced: list[tuple[str, dict[str, Any]]] = []
        """The events, name and data, that subscribers heard of since the house was opened."""

    async def _keep(self, basis: Basis, tenant: Tenant) -> None:
        self.basis, self.tenant = basis, await _unguarded(basis, tenant)
        for dialect in (basis.storage.database.dialect, basis.storage.keystore._dialect):
            dialect.trace = self._note

    def _note(self, statement: str) -> None:
        if self._trace is not None and _serving.get():
            self._trace.statements.append(statement)

    # -------------------------------------------------------------------------------------------- its parts

    @property
    def clock(self) -> HouseClock:
        clock = self.basis.clock
        assert isinstance(clock, HouseClock)
        return clock

    @property
    def web(self) -> Web:
        """What stands for all other servers."""
        assert isinstance(self.site.outgoing, Web)
        return self.site.outgoing

    @property
    def storage(self) -> Any:
        return self.basis.storage

    @property
    def mailbox(self) -> DevelopmentMailbox:
        mailer = self.site._mailer
        assert isinstance(mailer, DevelopmentMailbox)
        return mailer

    def directory(self, tenant: Tenant | None = None) -> Directory:
        basis = self.basis
        return Directory((tenant or self.tenant).id, basis.keyring, basis.clock, basis.entropy)

    # ------------------------------------------------------------------------------------------- who visits

    def client(self, address: str = "192.0.2.7", **options: Any) -> httpx2.AsyncClient:
        """A browser or a machine: its own cookies, no redirect followed."""
        options["headers"] = {"user-agent": FIREFOX, **options.get("headers", {})}
        return httpx2.AsyncClient(
            transport=_Transport(self, address), base_url=BASE, follow_redirects=False, timeout=None, **options
        )

    def walker(
        self, *, address: str = "192.0.2.7", user_agent: str = FIREFOX, language: str = "en", prefix: str = ""
    ) -> Walker:
        """A person in a browser of their own."""
        headers = {"user-agent": user_agent, "accept-language": language, "accept": "text/html"}
        return Walker(self, self.client(address, headers=headers), prefix)

    # --------------------------------------------------------------------------------------------- what is there

    async def customer(
        self,
        email: str,
        password: str | None = PASSWORD,
        *,
        name: str = "Ann Lee",
        tenant: Tenant | None = None,
        **said: Any,
    ) -> Customer:
        """A customer with a proven address, and a password unless it is None; their profile has what is *said*."""
        tenant = tenant or self.tenant
        directory = self.directory(tenant)
        customer, vault = await directory.prepare(Profile(email=email, email_verified=True, name=name, **said))
        async with self.storage.database.begin(tenant.id) as unit:
            assert await directory.add(unit, customer, vault)
            if password is not None:
                await unit.passwords.put(
                    seal_password(vault, customer.id, await self._hash(password), self.clock.now())
                )
        return customer

    async def _hash(self, password: str) -> str:
        prepared = prepare(password)
        assert isinstance(prepared, bytes)
        hashed = await PasswordHasher(self.parameters, self.pool, self.basis.entropy).hash(prepared)
        assert isinstance(hashed, str)
        return hashed

    @property
    def parameters(self) -> Argon2Parameters:
        given = self.basis.settings.passwords
        return Argon2Parameters(given.memory_kib, given.time_cost, given.parallelism)

    def administration(self, tenant: Tenant | None = None) -> CustomerAdministration:
        """What an administrator does with customers."""
        database, directory = self.storage.database, self.directory(tenant)
        hasher = PasswordHasher(self.parameters, self.pool, self.basis.entropy)
        tenant_id = (tenant or self.tenant).id
        return CustomerAdministration(
            tenant_id, database.begin, database.read, directory, hasher, PRESETS["default"], self.clock
        )

    async def register_client(self, tenant: Tenant | None = None, **document: Any) -> tuple[str, str]:
        """An application: its ``client_id`` and its secret (empty where it has none)."""
        given = {
            "client_name": "The Shop",
            "redirect_uris": (CALLBACK,),
            "post_logout_redirect_uris": (GOODBYE,),
            **document,
        }
        registered = await self.registration(tenant).create(ClientDocument(**given), SYSTEM)
        assert not isinstance(registered, Refusal), registered
        return registered.client.client_id, registered.secret.reveal() if registered.secret is not None else ""

    def registration(self, tenant: Tenant | None = None) -> Registration:
        database, basis = self.storage.database, self.basis
        return Registration(
            (tenant or self.tenant).id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy
        )

    async def change_client(self, client_id: str, tenant: Tenant | None = None, **changes: Any) -> Client:
        """Change what is registered of an application."""

        def change(document: ClientDocument) -> ClientDocument:
            return msgspec.structs.replace(document, **changes)

        changed = await self.registration(tenant).update(client_id, change, SYSTEM)
        assert isinstance(changed, Client), changed
        return changed

    async def add_tenant(self, slug: str, settings: TenantSettings | None = None) -> Tenant:
        """Another tenant, at ``/t/{slug}``."""
        made = await tenancy(self.basis, self.tenant).create(slug, slug.title(), SYSTEM, settings)
        assert isinstance(made, Tenant), made
        return made

    # -------------------------------------------------------------------------------------------- what happened

    async def mails(self, to: str | None = None) -> list[OutgoingMail]:
        """The messages delivered so far, in the order in which they were asked for, once nothing waits in the outbox.

        They are delivered side by side: which of two arrives first, nobody promises.
        """
        async with asyncio.timeout(PATIENCE):
            while await self.storage.outbox.waiting():  # noqa: ASYNC110 - another worker may empty it too
                await asyncio.sleep(0.001)
        asked_at: dict[str, int] = {}
        async with self.storage.database.platform() as connection:
            for item in (await connection.execute(_ASKED)).all():
                mail_id = message_id(item, "").strip("<>").partition("@")[0]
                asked_at |= dict.fromkeys((mail_id, text_id(item)), item.created_at)
        delivered = self.mailbox.list()[::-1]
        kept = sorted(delivered, key=lambda one: asked_at.get(one.id, one.received_at))
        return [one.mail for one in kept if to is None or one.mail.to.lower() == to.lower()]

    async def audit(self, tenant: Tenant | None = None) -> list[AuditRecord]:
        """Every audit record of a tenant in order of time, once its chains are verified; openings left out."""
        async with self.storage.database.read((tenant or self.tenant).id) as unit:
            segments = [await unit.audit_log.segment(head.segment_id) for head in await unit.audit_log.heads()]
        assert [first_break(segment) for segment in segments] == [None] * len(segments)
        records = [record for segment in segments for record in segment if record.event != OPENED]
        return sorted(records, key=lambda record: record.at)

    async def events(self, tenant: Tenant | None = None) -> list[str]:
        """The names of what was recorded since the house was opened."""
        return [record.event for record in await self.audit(tenant) if record.hash not in self._earlier]

    async def rows(self, tenant: Tenant | None = None) -> dict[str, int]:
        """How many rows each table has, as far as the tenant can see."""
        async with self.storage.database.read((tenant or self.tenant).id) as unit:
            found = (await unit.connection.execute(_COUNTS)).one()
        return dict(zip((table.name for table in _TABLES), found, strict=True))

    @contextmanager
    def watching(self) -> Iterator[Trace]:
        """Note what the requests inside the block do.

        No key lies ready for them: whether one does is the doing of whoever was here before.
        """
        for ahead in self.basis.keyring._ahead.values():
            ahead.forget(self.tenant.id)
        trace = self._trace = Trace()
        hashed, slept = self.pool.done, len(self.clock.slept)
        try:
            yield trace
        finally:
            self._trace = None
            trace.hashes = self.pool.done - hashed
            trace.slept = self.clock.slept[slept:]
            trace.events = sum("INSERT INTO outbox" in statement for statement in trace.statements)


async def _unguarded(basis: Basis, tenant: Tenant) -> Tenant:
    """Take the guards off: everybody in a test comes from one address, again and again, and with browsers that were
    never seen. They have tests of their own (``tests/integration/attacks``, ``risk``), which put them on.
    """  # noqa: D205 - one sentence
    settings = msgspec.structs.replace(
        tenant.settings,
        attacks=AttackSettings(mode="off"),
        sign_up=SignUpSettings(mode="off"),
        notices=NoticeSettings(new_device=False, new_country=False),
    )
    if settings == tenant.settings:
        return tenant
    changed = tenant.changed(name=tenant.name, settings=settings, now=basis.clock.now())
    async with basis.storage.database.begin(tenant.id) as unit:
        assert await unit.tenants.update(changed, tenant.version)
    return changed


class _Transport(httpx2.ASGITransport):
    """Calls the application; what a request does is marked, so that it can be told from background work."""

    def __init__(self, house: House, address: str) -> None:
        super().__init__(app=house.app, client=(address, 40_000))
        self._house = house

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        feed = self._house.storage.feed
        if not feed.is_fresh():  # the poll that would have come in the time that a test let pass
            await feed.poll()
        token = _serving.set(True)
        try:
            return await super().handle_async_request(request)
        finally:
            _serving.reset(token)


def settings_in(folder: Path, database_url: str = "", keystore_url: str = "", **limits: str) -> Settings:
    """Settings for a house whose files lie in *folder*: cheap hashes, mail kept in memory, rates as *limits* say."""
    rates = {"pages_per_address": "off", "journeys_per_address": "off", **limits}
    return Settings(
        issuer=BASE,
        data_dir=str(folder),
        database_url=Secret(database_url),
        keystore_url=Secret(keystore_url),
        development_mailbox=True,
        passwords=PasswordsSection(memory_kib=8, time_cost=1, threads=2, nice=0),
        limits=LimitsSection(**{name: Rate.parse(rate) for name, rate in rates.items()}),
    )


@cache
def _assets() -> StaticAssets:
    """Return the one set of files of all houses."""
    return StaticAssets()


@cache
def _renderer(assets: StaticAssets) -> Renderer:
    """Return the one renderer of all houses: compiling templates would be a third of many a test."""
    return Renderer(assets)


@asynccontextmanager
async def open_house(
    folder: Path,
    database_url: str = "",
    keystore_url: str = "",
    *,
    clock: HouseClock | None = None,
    entropy: SeededEntropy | None = None,
    **limits: str,
) -> AsyncIterator[House]:
    """A house over the databases in *folder*, or at the URLs; PostgreSQL must be migrated."""
    settings = settings_in(folder, database_url, keystore_url, **limits)
    holder: list[House] = []

    async def keep(basis: Basis, tenant: Tenant) -> None:
        await holder[0]._keep(basis, tenant)

    app = build(settings, Chance(clock or HouseClock(), entropy or SeededEntropy()), prepare=keep)
    site: Site = app._parts.lifespan.__self__  # type: ignore[attr-defined]
    pool = site._hash_pool()
    site.outgoing = Web(site.clock)
    site._hash_pool = lambda: pool  # type: ignore[method-assign]
    holder.append(House(app, site, pool))
    with mock.patch.multiple(compose, Renderer=_renderer, StaticAssets=_assets):
        await app.startup()
    database = holder[0].storage.database
    database.subscribers = Heard(database.subscribers, holder[0].announced)
    holder[0]._earlier = {record.hash for record in await holder[0].audit()}
    try:
        yield holder[0]
    finally:
        await app.shutdown()


def prepared_files(folder: Path) -> Path:
    """Fill *folder* with a house that was started once: migrated, its keys made. Blocks for a second."""
    settings = settings_in(folder)

    async def start() -> None:
        await migrate_databases(database_urls(settings))
        async with open_house(folder, entropy=SeededEntropy(7_777_777)):
            pass

    with rsa_keys.of_its_own():
        on_thread(lambda: asyncio.run(start()))
    return folder


def copy_files(source: Path, target: Path) -> None:
    """Copy a prepared house."""
    for name in _FILES:
        for suffix in ("", "-wal", "-shm"):
            if (source / (name + suffix)).exists():
                shutil.copy(source / (name + suffix), target / (name + suffix))


def open_part(record: AuditRecord) -> dict[str, Any]:
    """The open fields of an audit record, by name."""
    return dict(zip(OPEN_FIELDS, json.loads(record.open_part), strict=True))
