"""What a journey is made of, for one tenant; joined by the composition root."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from limen.access.account.store import AccountStore
from limen.access.clients.store import ClientStore
from limen.access.factors.store import FactorStore
from limen.access.imports.store import ImportStore
from limen.access.journeys.store import JourneyStore, StandingStore
from limen.access.merging.merge import Merging
from limen.access.outgoing import NO_WAY_OUT, Outgoing
from limen.access.passkeys.trust import NO_METADATA, Metadata
from limen.access.safety.messages import Tells
from limen.access.safety.records import TrustedDevice
from limen.access.safety.store import DeviceStore, LinkStore, RecoveryStore
from limen.access.safety.unit import SafetyParts
from limen.access.sessions.store import SessionStore
from limen.access.tokens.desk import CountProof, Desk, uncounted
from limen.access.tokens.pushed import PushedRequests
from limen.access.tokens.store import GrantStore
from limen.access.tokens.waiting import WaitingStore
from limen.identity.consents.store import ConsentLedger
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.policy import PasswordPolicy
from limen.identity.credentials.pool import HashPool
from limen.identity.credentials.store import PasswordStore
from limen.identity.customers.directory import Directory
from limen.identity.customers.store import CustomerStore
from limen.identity.keyring import Keyring, SubjectVault
from limen.identity.profiles.store import ProfileStore
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.ids import TenantId
from limen.kernel.units import RecordsAudit, TellsCaches
from limen.trust.attacks.alerts import AttackStore
from limen.trust.attacks.guard import AttackGuard
from limen.trust.bots.captcha import Captcha
from limen.trust.bots.proofs import Proofs
from limen.trust.fraud.sign_ups import SignUpGuard
from limen.trust.limits import Limit, RateLimiter
from limen.trust.risk.judge import RiskJudge
from limen.trust.risk.store import RiskStore
from limen.trust.threats.breaches import NO_BREACHES, Breaches
from limen.trust.tolls import TollStore
from limen.trust.tolls.lines import LineTypes


class JourneyUnit(RecordsAudit, Tells, TellsCaches, Protocol):
    """One tenant's transaction, as journeys use it."""

    @property
    def customers(self) -> CustomerStore:
        """Return the customers."""
        ...

    @property
    def passwords(self) -> PasswordStore:
        """Return the passwords."""
        ...

    @property
    def imports(self) -> ImportStore:
        """Return how customers of other systems come in."""
        ...

    @property
    def profiles(self) -> ProfileStore:
        """Return how far customers have been asked for what their profiles lack."""
        ...

    @property
    def account(self) -> AccountStore:
        """Return what hangs on customers' accounts."""
        ...

    @property
    def factors(self) -> FactorStore:
        """Return the second factors."""
        ...

    @property
    def standings(self) -> StandingStore:
        """Return customers with their factors and the browsers that they trust."""
        ...

    @property
    def attacks(self) -> AttackStore:
        """Return the attacks that guards recognised."""
        ...

    @property
    def tolls(self) -> TollStore:
        """Return the counters of messages that cost money."""
        ...

    @property
    def risk(self) -> RiskStore:
        """Return what customers showed at sign-ins, and the counters of risk."""
        ...

    @property
    def recoveries(self) -> RecoveryStore:
        """Return the recovery requests."""
        ...

    @property
    def links(self) -> LinkStore:
        """Return the links in notices."""
        ...

    @property
    def devices(self) -> DeviceStore:
        """Return the devices that customers trust."""
        ...

    @property
    def clients(self) -> ClientStore:
        """Return the relying parties."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """Return browsers and sessions."""
        ...

    @property
    def journeys(self) -> JourneyStore:
        """Return the journeys."""
        ...

    @property
    def grants(self) -> GrantStore:
        """Return grants and codes."""
        ...

    @property
    def waiting(self) -> WaitingStore:
        """Return the requests that wait for an answer from here."""
        ...

    @property
    def pushed(self) -> PushedRequests:
        """Return the pushed authorization requests."""
        ...

    @property
    def consents(self) -> ConsentLedger:
        """Return the consent ledger."""
        ...

    def seal_with(self, vault: SubjectVault) -> None:
        """Seal what is recorded about the subject of *vault* with it."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[JourneyUnit]]
Distrust = Callable[[TrustedDevice], Awaitable[bool]]
"""Whether risk overrules a trusted device at this sign-in, so that a second factor is asked for all the same."""


async def trusting(_: TrustedDevice) -> bool:
    """Overrule nothing."""
    return False


ConsentWords = Callable[[str, str, tuple[str, ...], tuple[str, ...]], bytes]
"""(locale, client name, scopes, details in words) to the SHA-256 of the words that the consent page shows."""


CountRisk = Callable[[str, str, bool, float], None]
"""Measures a decision: its action, its outcome, whether that was done, and the probability that it rests on."""


def unmeasured(_: str, __: str, ___: bool, ____: float) -> None:  # noqa: FBT001 - as CountRisk has it
    """Measure nothing."""


Models = Callable[[], Awaitable[Metadata]]


Slowest = Callable[["JourneyParts"], Awaitable[float]]
"""The seconds that the slowest check of a password may take for any of the tenant's customers."""


async def unhurried(_: "JourneyParts") -> float:
    """Return nothing: there are no hashes but ours."""
    return 0.0


async def no_models() -> Metadata:
    """Return nothing: no metadata was fetched."""
    return NO_METADATA


@dataclass(frozen=True, slots=True)
class JourneySettings:
    """Bounds of a journey.

    ``answer_step_ms``: answers that depend on an account leave at a multiple of it. ``sms_ceiling``: short messages a
    day for the tenant, at the most; 0 where nobody carries them.
    """

    per_address: Limit = Limit(100, 600, "sign-in-address")
    per_identifier: Limit = Limit(10, 600, "sign-in-identifier")
    mails_per_identifier: Limit = Limit(5, 3600, "mail-identifier")
    mails_per_address: Limit = Limit(30, 3600, "mail-address")
    codes_per_identifier: Limit = Limit(30, 86_400, "code-identifier")
    second_factor: Limit = Limit(30, 86_400, "second-factor")
    answer_step_ms: int = 250
    code_tries: int = 5
    code_sends: int = 4
    sms_ceiling: int = 0


@dataclass(frozen=True, slots=True)
class JourneyParts:
    """Everything the steps may use. ``begin`` writes; ``read`` only reads; ``passing`` writes what may be lost.

    ``models`` returns what is known of models of authenticators. ``count_proof`` measures proofs by authenticator and
    outcome (``proven``, ``refused``); ``count_guard`` what a guard did (``refused``, ``passed``, ``shadowed``) and
    why; ``count_risk`` what risk decided. ``slowest`` says what refusals have to take (:mod:`pace`);
    ``outgoing`` reaches the old system, where there is one. ``tenant_id`` says whose journeys these are.
    """

    desk: Desk
    begin: Begin
    read: Begin
    passing: Begin
    keyring: Keyring
    directory: Directory
    merging: Merging
    hasher: PasswordHasher
    pool: HashPool
    policy: PasswordPolicy
    limiter: RateLimiter
    guard: AttackGuard
    proofs: Proofs
    captcha: Captcha | None
    sign_ups: SignUpGuard
    judge: RiskJudge
    consent_words: ConsentWords
    clock: Clock
    entropy: Entropy
    settings: JourneySettings = JourneySettings()
    distrusts: Distrust = trusting
    breaches: Breaches = NO_BREACHES
    count_proof: CountProof = uncounted
    models: Models = no_models
    count_guard: CountProof = uncounted
    count_risk: CountRisk = unmeasured
    lines: LineTypes | None = None
    slowest: Slowest = unhurried
    outgoing: Outgoing = NO_WAY_OUT
    tenant_id: TenantId = field(init=False)

    def __post_init__(self) -> None:
        """Have at hand what every step asks for."""
        object.__setattr__(self, "tenant_id", self.desk.tenant.id)

    @property
    def safety(self) -> SafetyParts:
        """Return what safe recovery needs of these parts."""
        texts = bool(self.settings.sms_ceiling)
        return SafetyParts(self.desk.tenant, self.begin, self.read, self.directory, self.clock, self.entropy, texts)
