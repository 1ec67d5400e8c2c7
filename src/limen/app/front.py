"""What stands behind the hot doors: the pages and the administration API, with their parts, behind the edge."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from operator import is_
from typing import Final

from limen.access.decoupled.user_codes import CodeTries
from limen.access.journeys.dispatcher import Journeys
from limen.access.journeys.pace import Pace
from limen.access.journeys.parts import CountRisk, JourneyParts, JourneySettings, Models, no_models, unmeasured
from limen.access.journeys.steps.consent import scope_in_words
from limen.access.merging.merge import Merging
from limen.access.tokens.desk import CountProof, Desk, Desks, uncounted
from limen.app.changing import ChangeRisk
from limen.app.epochs import RiskEpochs
from limen.app.jobs.checkpoints import Basics, close_log
from limen.app.jobs.consents import LedgerSigners
from limen.app.routes import API, Mounts, edge_rules
from limen.app.settings.sections.limits import LimitsSection
from limen.experience.pages import Mailbox, PageParts, TenantPages, TurnedAway, create_pages
from limen.experience.pages.visit import cookie_name
from limen.experience.rendering import Catalogue, Renderer, StaticAssets
from limen.identity.consents.asking import Asking
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import policy_of
from limen.identity.customers.directory import Directory
from limen.identity.keyring import Keyring
from limen.identity.keyring.rotate import Rotations
from limen.identity.tenants.management import Tenancy
from limen.identity.tenants.records import Tenant
from limen.integration.api import ApiParts, create_api
from limen.integration.api.deprecation import CountDeprecated, uncounted_calls
from limen.integration.edge.asgi import AsgiApp
from limen.integration.edge.metrics import Observer
from limen.integration.edge.passage import Passage
from limen.integration.edge.stack import EdgeParts, edge
from limen.integration.streaming.ways import NOWHERE, Send
from limen.kernel.clock import Clock
from limen.kernel.encoding import framed, sha256
from limen.kernel.entropy import Entropy
from limen.kernel.ids import TenantId
from limen.storage.opening import Storage
from limen.trust.attacks.counters import Counters
from limen.trust.attacks.guard import AttackGuard
from limen.trust.attacks.shared import Shared
from limen.trust.attacks.tallies import Tallies
from limen.trust.attacks.watch import Watch
from limen.trust.bots.agents import AgentShelf
from limen.trust.bots.captcha import Captcha
from limen.trust.bots.proofs import Proofs
from limen.trust.fraud.mail_domains import MailDomains
from limen.trust.fraud.sign_ups import SignUpGuard
from limen.trust.geography.atlas import NO_ATLAS, Atlas
from limen.trust.limits import RateLimiter
from limen.trust.risk.judge import RiskJudge
from limen.trust.risk.keys import NO_EPOCHS, Epochs
from limen.trust.threats.breaches import NO_SOURCES, Breaches, BreachSources
from limen.trust.threats.reputation import Reputation
from limen.trust.tolls.lines import LineTypes

CSRF: Final = "csrf"
NEWCOMERS: Final = "newcomers"
"""The name of the sub-key that binds forms to browsers."""
ATTACKS: Final = "attacks"
"""The name of the sub-key under which mailboxes and browsers of sign-ups are counted."""
PROOFS: Final = "proofs"
"""The name of the sub-key that signs proofs of work."""
_HELD: Final = 256
"""So many tenants' parts are held, those that were made last."""


@dataclass(frozen=True, slots=True)
class FrontParts:
    """What pages and API are made of.

    Attributes:
        base_url: where this process is reached from outside.
        plain_http: whether cookies travel without TLS, which only loopback may.
        held: path prefix to the tenant that is in memory; it asks nobody.
        mailbox: the development mailbox, or None.
        demo_app: where the demonstration's application is, or empty.
        watch: which tenants were seen under attack.
        reputation: what feeds say of addresses.
        tallies: what happened in the last hour.
        shared: what guards of all processes share for a while.
        captcha: the CAPTCHA vendor, or None.
        count_guard: measures what guards did, and why.
        count_risk: measures what risk decided.
        count_proof: measures what customers prove, by authenticator and outcome.
        breaches: what is known of breached passwords.
        mail_domains: asks whether domains take mail; None where nobody is asked.
        agents: who may sign as a good bot; None where the operator names nobody.
        lines: knows kinds of telephone lines; None where nobody does.
        models: what is known of models of passkeys.
        epochs: under which keys risk counts.
        atlas: knows where addresses are.
        send_audit: delivers records of the audit log.
        limiter: is asked by guards; ``meter`` by what bounds how much is asked for: no cache keeps it from counting.
        rotations: the rotations of a tenant's keys.
        count_deprecated: counts calls of the API that use what will go.
        sms_ceiling: short messages a day for any one tenant; 0 where nobody carries them.
    """

    storage: Storage
    keyring: Keyring
    desks: Desks
    hasher: PasswordHasher
    limiter: RateLimiter
    meter: RateLimiter
    limits: LimitsSection
    renderer: Renderer
    assets: StaticAssets
    observer: Observer
    clock: Clock
    entropy: Entropy
    watch: Watch
    reputation: Reputation
    tallies: Tallies
    shared: Shared
    captcha: Captcha | None
    base_url: str
    held: Callable[[str], Tenant | None]
    epochs: RiskEpochs
    plain_http: bool = False
    mailbox: Mailbox | None = None
    demo_app: str = ""
    count_proof: CountProof = uncounted
    count_guard: CountProof = uncounted
    count_risk: CountRisk = unmeasured
    sms_ceiling: int = 0
    models: Models = no_models
    atlas: Atlas = NO_ATLAS
    breaches: BreachSources = NO_SOURCES
    mail_domains: MailDomains | None = None
    lines: LineTypes | None = None
    agents: AgentShelf | None = None
    send_audit: Send = NOWHERE
    rotations: Callable[[TenantId], Rotations] | None = None
    count_deprecated: CountDeprecated = uncounted_calls


def front(parts: FrontParts) -> tuple[Passage, AsgiApp]:
    """Return everything that is no hot door, behind the edge: pages at known paths, and by the framework the rest."""
    tenant = tenant_pages(parts)
    found = create_pages(page_parts(parts, tenant))
    mounts = Mounts(api=create_api(api_parts(parts, tenant)), pages=found.behind)
    limits = parts.limits
    rules = edge_rules(
        limits.api_per_address.limit("api-address"),
        limits.journeys_per_address.limit("journeys-address"),
        limits.pages_per_address.limit("pages-address"),
    )
    pages = TurnedAway(parts.renderer, parts.held, API)
    of = EdgeParts(parts.observer, parts.clock, parts.entropy, parts.meter, rules, pages=pages)
    return Passage(found.find, of), edge(mounts, of)


Tenants = Callable[[str], Awaitable[TenantPages | None]]
"""Path prefix to a tenant's parts."""


def api_parts(parts: FrontParts, tenant: Tenants) -> ApiParts:
    """Return what the API is made of."""

    async def journeys(prefix: str) -> JourneyParts | None:
        found = await tenant(prefix)
        return found.journeys.parts if found is not None else None

    basics = Basics(parts.storage, parts.keyring, parts.clock)
    return ApiParts(
        desks=parts.desks,
        begin=parts.storage.database.begin,
        reading=parts.storage.database.read,
        directory_for=lambda tenant_id: Directory(tenant_id, parts.keyring, parts.clock, parts.entropy),
        keyring=parts.keyring,
        hasher=parts.hasher,
        limiter=parts.limiter,
        meter=parts.meter,
        clock=parts.clock,
        entropy=parts.entropy,
        base_url=parts.base_url,
        asking=asking(parts.storage, parts.clock),
        ledger_signers=LedgerSigners(basics),
        close_log=partial(close_log, basics=basics),
        limit=parts.limits.api_per_client.limit("api"),
        breaches=parts.breaches,
        guards=guards(parts),
        journeys=journeys,
        send_audit=parts.send_audit,
        rotations=parts.rotations,
        geography=parts.atlas,
        words=in_words,
        texts=bool(parts.sms_ceiling),
        weigh=ChangeRisk(
            parts.storage.database, parts.epochs, parts.atlas, guards(parts), parts.count_risk, parts.clock
        ),
        count_deprecated=parts.count_deprecated,
    )


def in_words(locale: str, name: str) -> str:
    """Return what *name* says in the language of *locale*; the name itself where nobody translated it."""
    catalogue = Catalogue.for_locale(locale)
    return catalogue.text(name) if name in catalogue else name


def _tenancy(parts: FrontParts) -> Callable[[Tenant], Tenancy]:
    """Return what changes the settings of one tenant, on record in its own audit log."""
    database = parts.storage.database

    def tenancy(tenant: Tenant) -> Tenancy:
        keyring, base = parts.keyring, parts.base_url
        return Tenancy(database.begin, database.read, keyring, base, tenant.id, parts.clock, parts.entropy)

    return tenancy


def asking(storage: Storage, clock: Clock) -> Asking:
    """Return what answers questions about consents, kept current by the change feed."""
    found = Asking(storage.database.read, storage.feed.is_fresh, clock)
    storage.feed.listen(found.hear)
    return found


def page_parts(parts: FrontParts, tenant: Tenants) -> PageParts:
    """Return what the pages are made of."""
    return PageParts(
        tenant=tenant,
        tenancy=_tenancy(parts),
        begin=parts.storage.database.begin,
        read=parts.storage.database.read,
        renderer=parts.renderer,
        assets=parts.assets,
        ledger_signers=LedgerSigners(Basics(parts.storage, parts.keyring, parts.clock)),
        code_tries=code_tries(parts.limits),
        secure_cookies=not parts.plain_http,
        mailbox=parts.mailbox,
        demo_app=parts.demo_app,
        agents=parts.agents.current if parts.agents is not None else None,
    )


def tenant_pages(parts: FrontParts) -> Tenants:
    """Return what finds a tenant's parts by path prefix; they stand as long as the desk and the keys below them."""
    settings = journey_settings(parts.limits, parts.sms_ceiling)
    pace = Pace(parts.hasher, parts.clock)
    epochs = parts.epochs
    parts.storage.feed.listen(pace.hear)
    made: OrderedDict[str, tuple[tuple[object, ...], TenantPages]] = OrderedDict()

    async def tenant(prefix: str) -> TenantPages | None:
        desk = await parts.desks(prefix)
        if desk is None:
            made.pop(prefix, None)
            return None
        vault = await parts.keyring.tenant(desk.tenant.id)
        is_off = desk.tenant.settings.risk.mode == "off"
        counted = NO_EPOCHS if is_off else await epochs.of(desk.tenant.id)
        of = (desk, vault, counted)
        found = made.get(prefix)
        if found is None or not all(map(is_, found[0], of)):
            keys = vault.derive(ATTACKS), vault.derive(PROOFS), counted
            journeys = Journeys(_journeys(desk, settings, parts, keys, pace))
            name = cookie_name(desk.tenant, secure=not parts.plain_http)
            found = of, TenantPages(journeys, vault.mac(CSRF), vault.mac(NEWCOMERS), name)
            made[prefix] = found
            if len(made) > _HELD:
                made.popitem(last=False)
        return found[1]

    return tenant


def code_tries(limits: LimitsSection) -> CodeTries:
    """Return how many codes of devices may be typed, as the settings have it."""
    return CodeTries(
        limits.user_codes_per_address.limit("user-code-address"),
        limits.user_codes_per_browser.limit("user-code-browser"),
        limits.user_codes_per_tenant.limit("user-code-tenant"),
    )


def journey_settings(limits: LimitsSection, sms_ceiling: int = 0) -> JourneySettings:
    """Return the bounds of journeys as the settings have them."""
    return JourneySettings(
        per_address=limits.sign_in_per_address.limit("sign-in-address"),
        per_identifier=limits.sign_in_per_identifier.limit("sign-in-identifier"),
        mails_per_identifier=limits.mails_per_identifier.limit("mail-identifier"),
        mails_per_address=limits.mails_per_address.limit("mail-address"),
        codes_per_identifier=limits.codes_per_identifier.limit("code-identifier"),
        second_factor=limits.second_factor_per_customer.limit("second-factor"),
        sms_ceiling=sms_ceiling,
    )


def consent_words(
    tenant: Tenant, locale: str, client_name: str, scopes: tuple[str, ...], details: tuple[str, ...] = ()
) -> bytes:
    """Return the SHA-256 of the words by which the consent page of *tenant* asks for *scopes* and *details*."""
    catalogue = Catalogue.for_locale(locale)
    keys = [key for scope in scopes for key in (f"scope.{scope}", f"scope.{scope}.why")]
    words = [*(catalogue.text(key) if key in catalogue else key for key in keys), *details]
    words += [scope_in_words(tenant, scope, locale) or "" for scope in scopes]
    return sha256(framed(catalogue.text("consent.title", client=client_name), *words, catalogue.text("consent.allow")))


def guards(parts: FrontParts) -> Callable[[Tenant], Awaitable[AttackGuard]]:
    """Return what makes the guard of a tenant."""

    async def guard(tenant: Tenant) -> AttackGuard:
        return _guard(tenant, Counters(parts.limiter, parts.meter, tenant.id, parts.shared, parts.clock), parts)

    return guard


def _guard(tenant: Tenant, counters: Counters, parts: FrontParts) -> AttackGuard:
    settings = tenant.settings
    return AttackGuard(counters, settings.attacks, parts.watch, parts.reputation, settings.networks, parts.tallies)


def _journeys(
    desk: Desk, settings: JourneySettings, parts: FrontParts, keys: tuple[bytes, bytes, Epochs], pace: Pace
) -> JourneyParts:
    database, tenant_id = parts.storage.database, desk.tenant.id
    counters = Counters(parts.limiter, parts.meter, tenant_id, parts.shared, parts.clock)
    directory, profiles = Directory(tenant_id, parts.keyring, parts.clock, parts.entropy), desk.tenant.settings.profile
    return JourneyParts(
        desk=desk,
        begin=database.begin,
        read=database.read,
        passing=database.passing,
        keyring=parts.keyring,
        directory=directory,
        merging=Merging(tenant_id, database.begin, database.read, directory, parts.clock, parts.entropy, profiles),
        hasher=parts.hasher,
        pool=parts.hasher.pool,
        policy=policy_of(desk.tenant.settings.password_preset),
        limiter=parts.limiter,
        guard=_guard(desk.tenant, counters, parts),
        proofs=Proofs(keys[1], tenant_id, parts.limiter, parts.clock, parts.entropy),
        captcha=parts.captcha if desk.tenant.settings.attacks.challenge == "captcha" else None,
        sign_ups=SignUpGuard(
            parts.limiter,
            tenant_id,
            desk.tenant.settings.sign_up,
            desk.tenant.settings.risk,
            keys[0],
            parts.mail_domains,
        ),
        judge=RiskJudge(desk.tenant.settings.risk, keys[2], parts.atlas, notices=desk.tenant.settings.notices),
        consent_words=partial(consent_words, desk.tenant),
        clock=parts.clock,
        entropy=parts.entropy,
        settings=settings,
        breaches=Breaches(parts.breaches, desk.tenant.settings.breaches),
        count_proof=parts.count_proof,
        count_guard=parts.count_guard,
        count_risk=parts.count_risk,
        lines=parts.lines,
        models=parts.models,
        slowest=pace,
        outgoing=desk.outgoing,
    )
