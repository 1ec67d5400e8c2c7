"""The composition root: where every part is made and handed to whoever needs it. Nothing else knows everything."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.process_collector import ProcessCollector

from limen.access.http import Door
from limen.access.outgoing import Outgoing
from limen.access.possession.edge import EdgeCertificates
from limen.access.registering.doors import MANAGEMENT, REGISTRATIONS, RegistrationParts
from limen.access.tokens.desk import WeighRefresh
from limen.access.tokens.failures import FAILURES
from limen.access.tokens.unproven import UNPROVEN
from limen.app.basis import Basis, Chance, default_tenant, open_basis
from limen.app.counting import authentication_counter, grant_counter, guard_counter, proof_counter, risk_meter
from limen.app.desks import DeskParts, TenantDesks
from limen.app.epochs import RiskEpochs
from limen.app.front import FrontParts, front, guards
from limen.app.geography import atlas_of
from limen.app.jobs.attacks import AttackJobs
from limen.app.jobs.rotation import rotations
from limen.app.limits import NamedLimits
from limen.app.mail import mailer_for
from limen.app.metrics import (
    GeographyCollector,
    ModelCollector,
    StandingCollector,
    breach_counter,
    deprecation_counter,
    geography_counter,
    kms_counter,
    mail_domain_counter,
    model_counter,
    registration_counter,
)
from limen.app.passkeys import model_keeper
from limen.app.refreshing import RefreshRisk
from limen.app.routes import HotTable, house_doors, registration_doors, tenant_doors
from limen.app.server import App, Parts, PathTenants
from limen.app.server.turns import Hashing
from limen.app.settings import Settings, require_servable
from limen.app.sms import is_ready, lines_of, texter_for
from limen.app.threats import agents_of, breach_sources, captcha_of, mail_domains_of
from limen.app.working import WorkParts, working
from limen.experience.rendering import Renderer, StaticAssets
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.settings import Argon2Parameters, PoolSettings, usable_cores
from limen.identity.tenants.records import Tenant
from limen.integration.edge.arrival import Arrivals, TrustedProxies
from limen.integration.edge.asgi import AsgiApp, Receive, Scope, Send
from limen.integration.edge.health import Check, live_door, ready_door
from limen.integration.edge.metrics import HttpMetrics
from limen.integration.edge.passage import Passage
from limen.integration.edge.request_id import RequestIds
from limen.integration.edge.scrape import HttpCollector, metrics_door
from limen.integration.messaging.mailbox import DevelopmentMailbox
from limen.integration.outgoing import AddressPolicy, LazyOutgoing, OutgoingSettings, outgoing_counter
from limen.integration.streaming.ways import Ways
from limen.kernel.errors import Fault, Misconfigured
from limen.storage.cache import Limiter, guarding, rate_limiter, shared_state
from limen.trust.attacks.tallies import Tallies
from limen.trust.attacks.watch import Watch
from limen.trust.limits import RateLimiter
from limen.trust.threats.reputation import Reputation, Standing

RATE_LIMITS: Final = "rate-limits"
"""The name of the sub-key under which counted addresses and identifiers are hashed."""
SHARED: Final = "shared-state"
"""The name of the sub-key under which what guards share is sealed."""

Prepare = Callable[[Basis, Tenant], Awaitable[None]]
"""What is to be done with the open storage before anything is served."""


def build(
    settings: Settings, chance: Chance | None = None, *, demo_app: str = "", prepare: Prepare | None = None
) -> App:
    """Return the application that *settings* describe; it opens what it needs when it is started.

    Args:
        settings: what was asked for.
        chance: time and randomness; the machine's unless given.
        demo_app: where the demonstration's application is, for the start page.
        prepare: runs once at the start, with the default tenant.

    Raises:
        Misconfigured: the settings must not be served.
    """
    require_servable(settings)
    site = Site(settings, chance or Chance.of_the_system(), demo_app, prepare)
    proxies = settings.proxies
    try:
        trusted = TrustedProxies.of(
            proxies.networks, proxies.header, (proxies.certificate_header, proxies.certificate_verified_header)
        )
    except ValueError:
        raise Misconfigured("proxies.networks names no network", "such as 10.0.0.0/8 or 192.0.2.7") from None
    return App(
        Parts(
            pages=site.pages,
            doors=site.door,
            tenants=PathTenants(site.knows),
            arrivals=Arrivals(RequestIds(site.clock, site.entropy), trusted),
            observer=site.metrics,
            clock=site.clock,
            lifespan=site.run,
            passage=site.passage,
        )
    )


class Site:
    """All that stands between start and stop. Before and after, there is no door."""

    def __init__(self, settings: Settings, chance: Chance, demo_app: str = "", prepare: Prepare | None = None) -> None:
        """Note what is to be built; nothing is opened yet."""
        self.settings = settings
        self.clock, self.entropy = chance.clock, chance.entropy
        self.metrics = HttpMetrics()
        self._chance = chance
        self._demo_app = demo_app
        self._prepare = prepare
        self._registry = CollectorRegistry()
        self._hot: HotTable | None = None
        self._reputation = Reputation()
        self._pages: AsgiApp | None = None
        self._passage: Passage | None = None
        self._desks: TenantDesks | None = None
        self.outgoing = self._way_out()

    def door(self, prefix: str, path: str) -> Door | None:
        """Return the hot door at *path* below *prefix*."""
        return self._hot(prefix, path) if self._hot is not None else None

    def passage(self) -> Passage | None:
        """Return the way of pages that lie at known paths."""
        return self._passage

    def knows(self, prefix: str) -> bool:
        """Tell whether *prefix* belongs to a tenant of ours."""
        return self._desks is not None and self._desks.knows(prefix)

    async def pages(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is no hot door."""
        if self._pages is None:
            raise Fault("a request came before the start or after the stop")
        await self._pages(scope, receive, send)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Open everything, in the order in which the one needs the other; close it in the reverse order."""
        async with AsyncExitStack() as stack:
            basis = await stack.enter_async_context(open_basis(self.settings, self._chance))
            tenant = await default_tenant(basis)
            if self._prepare is not None:
                await self._prepare(basis, tenant)
            # processes that share a cache must hash what they count under one key
            vault = await basis.keyring.tenant(tenant.id)
            limiter = self._limiter(vault.derive(RATE_LIMITS))
            stack.push_async_callback(limiter.aclose)
            cache_url, key = self.settings.cache.url.reveal(), vault.derive(SHARED)
            self._shared = shared_state(cache_url, key, self.clock, self.entropy)
            stack.push_async_callback(self._shared.aclose)
            if isinstance(self.outgoing, LazyOutgoing):
                stack.push_async_callback(self.outgoing.aclose)
            pool = self._hash_pool()
            stack.push_async_callback(pool.close)
            self._desks = desks = TenantDesks(self._desk_parts(basis))
            await desks.learn()
            limits = guarding(limiter, self.settings.cache.when_away), limiter
            self._breaches = await breach_sources(basis, self.outgoing, breach_counter(self._registry))
            self._join(basis, desks, limits, pool)
            await stack.enter_async_context(working(self._work_parts(basis, desks)))
            await desks("")  # the first customer should not wait for keys to be made
            yield

    def _join(self, basis: Basis, desks: TenantDesks, limits: tuple[RateLimiter, RateLimiter], pool: HashPool) -> None:
        settings, limiter, meter = self.settings, self._named(limits[0]), self._named(limits[1])
        if basis.kms is not None:
            basis.kms.count = kms_counter(self._registry)
        self._registry.register(HttpCollector(self.metrics))
        self._registry.register(StandingCollector(pool, basis.storage))
        ProcessCollector(registry=self._registry)
        self._assets = StaticAssets()
        self._renderer = Renderer(self._assets)
        self._mailer = mailer_for(settings, self.clock)
        count = model_counter(self._registry)
        self._models = model_keeper(settings, self.outgoing, self.clock, count)
        self._registry.register(ModelCollector(lambda: self._models.blob, self.clock))
        self._atlas = atlas_of(settings, geography_counter(self._registry))
        self._registry.register(GeographyCollector(self._atlas, self.clock))
        self._texter = texter_for(settings, self._mailer, self.outgoing, self.clock)
        self._hot = HotTable(
            {
                **tenant_doors(desks, limiter, meter, desks.ready),
                **registration_doors(_registration(basis, desks, limiter, registration_counter(self._registry))),
            },
            house_doors(
                metrics_door(self._registry, settings.metrics.token or None),
                live_door(),
                ready_door((Check("database", lambda: _answers(basis)),)),
                desks,
            ),
        )
        self._front = self._front_parts(basis, desks, limits, pool)
        self._passage, self._pages = front(self._front)

    def _front_parts(
        self, basis: Basis, desks: TenantDesks, limits: tuple[RateLimiter, RateLimiter], pool: HashPool
    ) -> FrontParts:
        settings, passwords = self.settings, self.settings.passwords
        parameters = Argon2Parameters(passwords.memory_kib, passwords.time_cost, passwords.parallelism)
        return FrontParts(
            storage=basis.storage,
            keyring=basis.keyring,
            desks=desks,
            hasher=PasswordHasher(parameters, pool, self.entropy),
            limiter=limits[0],
            meter=limits[1],
            limits=settings.limits,
            renderer=self._renderer,
            assets=self._assets,
            observer=self.metrics,
            clock=self.clock,
            entropy=self.entropy,
            watch=Watch(self.clock),
            reputation=self._reputation,
            models=self._models,
            atlas=self._atlas,
            tallies=Tallies(self.clock),
            shared=self._shared,
            captcha=captcha_of(settings, self.outgoing, self.clock),
            agents=agents_of(settings, self.clock),
            lines=lines_of(settings, self.outgoing, self.clock, self.entropy),
            mail_domains=mail_domains_of(settings, self.clock, mail_domain_counter(self._registry)),
            base_url=settings.issuer,
            held=desks.held,
            plain_http=settings.issuer.startswith("http:"),
            mailbox=self._mailer if isinstance(self._mailer, DevelopmentMailbox) else None,
            demo_app=self._demo_app,
            sms_ceiling=settings.sms.per_tenant_day if is_ready(settings) else 0,
            count_proof=authentication_counter(self._registry),
            count_guard=guard_counter(self._registry),
            count_risk=risk_meter(self._registry),
            count_deprecated=deprecation_counter(self._registry),
            breaches=self._breaches,
            send_audit=self._audit_ways(),
            rotations=partial(rotations, basis),
            epochs=RiskEpochs(basis.keyring, self.clock),
        )

    def _work_parts(self, basis: Basis, desks: TenantDesks) -> WorkParts:
        self._attacks = AttackJobs(basis, guards(self._front), self._front.tallies, self._atlas)
        return WorkParts(
            basis=basis,
            desks=desks,
            registry=self._registry,
            renderer=self._renderer,
            mailer=self._mailer,
            texter=self._texter,
            outgoing=self.outgoing,
            ways=self._audit_ways(),
            reputation=self._reputation,
            atlas=self._atlas,
            models=self._models,
            attacks=self._attacks,
        )

    def _desk_parts(self, basis: Basis) -> DeskParts:
        proxies = self.settings.proxies
        return DeskParts(
            storage=basis.storage,
            keyring=basis.keyring,
            clock=self.clock,
            entropy=self.entropy,
            cache=self.settings.cache,
            outgoing=self.outgoing,
            certificates=EdgeCertificates(proxies.certificate_header, proxies.certificate_verified_header),
            certificate_url=proxies.certificate_url,
            count_proof=proof_counter(self._registry),
            count_grant=grant_counter(self._registry),
            weigh=self._weigh_refresh,
        )

    def _weigh_refresh(self, tenant: Tenant) -> WeighRefresh | None:
        """Return what weighs the refresh tokens of *tenant*; a desk is loaded when everything is there."""
        risk, parts = tenant.settings.risk, self._front
        if risk.mode == "off" or not risk.refresh:
            return None
        guard = guards(parts)

        async def known(address: str) -> Standing:
            return (await guard(tenant)).standing(address)

        return RefreshRisk(
            tenant=tenant,
            database=parts.storage.database,
            keyring=parts.keyring,
            epochs=parts.epochs,
            geography=parts.atlas,
            known=known,
            count=parts.count_risk,
            clock=self.clock,
        )

    def _way_out(self) -> Outgoing:
        allowed = self.settings.outgoing
        policy = AddressPolicy.of(allowed.networks, loopback=allowed.loopback)
        return LazyOutgoing(OutgoingSettings(policy), self.clock, outgoing_counter(self._registry))

    def _audit_ways(self) -> Ways:
        allowed, directory = self.settings.outgoing, self.settings.audit.stream_directory
        policy = AddressPolicy.of(allowed.networks, loopback=allowed.loopback)
        return Ways(self.outgoing, policy, Path(directory) if directory else None, self.clock)

    def _hash_pool(self) -> HashPool:
        passwords = self.settings.passwords
        threads = passwords.threads or usable_cores()
        return HashPool(PoolSettings(threads, passwords.queue_limit, passwords.nice), self.clock, Hashing())

    def _limiter(self, key: bytes) -> Limiter:
        away = Counter(
            "limen_cache_away",
            "Limits asked while the cache was away: counted in process, or refused",
            registry=self._registry,
        )
        return rate_limiter(self.settings.cache.url.reveal(), key, self.clock, away.inc)

    def _named(self, limiter: RateLimiter) -> NamedLimits:
        limits = self.settings.limits
        rates = {
            FAILURES: limits.client_failures_per_address,
            UNPROVEN: limits.unproven_requests_per_address,
            REGISTRATIONS: limits.registrations_per_address,
            MANAGEMENT: limits.registration_management_per_address,
        }
        return NamedLimits(limiter, {known.name: rate.limit(known.name) for known, rate in rates.items()})


def _registration(
    basis: Basis, desks: TenantDesks, limiter: NamedLimits, count: Callable[[str, str], None]
) -> RegistrationParts:
    database = basis.storage.database
    return RegistrationParts(desks, database.begin, database.read, basis.keyring, limiter, count)


async def _answers(basis: Basis) -> None:
    """See that both databases answer."""
    await basis.storage.tenants.list(after="", limit=1)
    await basis.storage.keystore.get_tenant_keys("")
