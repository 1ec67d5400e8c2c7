"""The score of a sign-up: a sum of reasons, and a pure table that says what each is worth.

What follows from it is decided as of every other action (``trust.risk.decide``): a point stands for a thousandth.
"""

import hmac
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from limen.identity.tenants.expressions import Facts
from limen.identity.tenants.risk import RiskSettings, limits_of
from limen.identity.tenants.sign_up import SignUpSettings
from limen.kernel.encoding import b64url, framed
from limen.trust.attacks.records import is_local, network_of
from limen.trust.fraud.facts import is_tool
from limen.trust.fraud.families import family_of, siblings_of
from limen.trust.fraud.look_alikes import likeness_of
from limen.trust.fraud.mail_domains import MailDomains
from limen.trust.limits import Limit, RateLimiter, address_key
from limen.trust.risk.decide import Decision, decide

MODEL: Final = "sign-up-3"
"""The version of reasons and weights together: a decision names the one that made it."""
RISK: Final = RiskSettings()
_FAR: Final = 10_000_000
HOUR, DAY = 3_600, 86_400
ADDRESS: Final = Limit(_FAR, HOUR, "sign-ups-address")
NETWORK: Final = Limit(_FAR, HOUR, "sign-ups-network")
FAMILY: Final = Limit(_FAR, DAY, "sign-ups-family")
SIBLINGS: Final = Limit(_FAR, DAY, "sign-ups-siblings")
DEVICE: Final = Limit(_FAR, DAY, "sign-ups-device")
FINGERPRINT: Final = Limit(_FAR, DAY, "sign-ups-fingerprint")
QUICK_SECONDS: Final = 3
_WEIGHTS: Final = {
    "trap": 100,
    "disposable": 40,
    "undeliverable": 40,
    "dns_away": 30,
    "imitated": 60,
    "mistyped": 20,
    "automation": 40,
    "quick": 20,
    "address": 30,
    "address_many": 100,
    "network": 30,
    "family": 40,
    "siblings": 30,
    "device": 40,
    "fingerprint": 20,
    "driven": 40,
    "machine_like": 20,
}
REASONS: Final = {
    "trap": "risk.reason.sign_up_trap",
    "disposable": "risk.reason.sign_up_disposable",
    "undeliverable": "risk.reason.sign_up_undeliverable",
    "dns_away": "risk.reason.sign_up_dns_away",
    "imitated": "risk.reason.sign_up_imitated",
    "mistyped": "risk.reason.sign_up_mistyped",
    "automation": "risk.reason.sign_up_automation",
    "quick": "risk.reason.sign_up_quick",
    "address": "risk.reason.sign_up_address",
    "address_many": "risk.reason.sign_up_address_many",
    "network": "risk.reason.sign_up_network",
    "family": "risk.reason.sign_up_family",
    "siblings": "risk.reason.sign_up_siblings",
    "device": "risk.reason.sign_up_device",
    "fingerprint": "risk.reason.sign_up_fingerprint",
    "driven": "risk.reason.sign_up_driven",
    "machine_like": "risk.reason.sign_up_machine_like",
    "pattern": "risk.reason.sign_up_pattern",
}
"""How each is called on record; that of a pattern is the tenant's."""
BEYOND_DOUBT: Final = 1_000
"""As many points as any threshold can be."""
_MANY: Final = 4
"""Times the usual number that are beyond doubt."""


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody who wants an account.

    Attributes:
        email: as it was typed, normalised.
        address: where they are.
        agent: how the browser calls itself.
        seconds: from the first page to this form.
        is_trapped: a field was filled in that no person sees.
        device: the browser, by what its cookie names; empty where it has none.
        fingerprint: the browser, by what it says of itself, hashed; empty where nobody wants to know.
        is_signed: an agent that the operator knows signed the request: it is no person, and says so.
        is_driven: it says that a program drives it.
        is_machine_like: whoever typed or pointed did it as no person does.
    """

    email: str = field(repr=False)
    address: str = field(repr=False)
    agent: str = field(repr=False)
    seconds: float = 0.0
    is_trapped: bool = False
    device: str = field(default="", repr=False)
    fingerprint: str = field(default="", repr=False)
    is_signed: bool = False
    is_driven: bool = False
    is_machine_like: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many came before, this one left out: from the address, the network, for the mailbox.

    And for what looks counted up from one network, at the browser, and at browsers that say the same of themselves.
    """

    address: int = 0
    network: int = 0
    family: int = 0
    siblings: int = 0
    device: int = 0
    fingerprint: int = 0


Delivers = Literal["yes", "no", "away"]
"""Whether mail reaches a domain; ``away`` where DNS could not say. What was not asked is ``yes``."""


@dataclass(frozen=True, slots=True)
class Score:
    """A sum, and the reasons it is made of."""

    total: int
    reasons: tuple[str, ...]
    numbers: Numbers = Numbers()
    delivers: Delivers = "yes"

    @property
    def share(self) -> float:
        """Return the points in thousands, 1 at the most: what thresholds are held against."""
        return min(1.0, self.total / 1_000)


def score(one: Application, numbers: Numbers, settings: SignUpSettings, delivers: Delivers = "yes") -> Score:
    """Return what an application is worth in doubt."""
    usual, likeness = settings.address_hour, likeness_of(_domain(one.email))
    is_family = numbers.family >= settings.family_day
    holds = {
        "trap": one.is_trapped,
        "disposable": settings.disposable != "allow" and is_disposable(one.email),
        "undeliverable": delivers == "no",
        "dns_away": delivers == "away" and settings.dns_away == "work",
        "imitated": likeness == "imitated",
        "mistyped": likeness == "mistyped",
        "automation": is_tool(one.agent) and not one.is_signed,
        "quick": one.seconds < QUICK_SECONDS,
        "address": usual <= numbers.address < _MANY * usual,
        "address_many": numbers.address >= _MANY * usual,
        "network": numbers.network >= settings.network_hour,
        "family": is_family,
        "siblings": numbers.siblings >= settings.family_day and not is_family,
        "device": numbers.device >= settings.device_day,
        "fingerprint": numbers.fingerprint >= settings.fingerprint_day,
        "driven": one.is_driven and not one.is_signed,
        "machine_like": one.is_machine_like and not one.is_signed,
    }
    reasons = tuple(name for name, applies in holds.items() if applies)
    total = sum(_WEIGHTS[name] for name in reasons)
    refuses = holds["disposable"] and settings.disposable == "refuse"
    if refuses or (holds["undeliverable"] and settings.undeliverable == "refuse"):
        total = max(total, BEYOND_DOUBT)
    return Score(total, reasons, numbers, delivers)


def facts_of(one: Application, found: Score) -> Facts:
    """Return what patterns may ask of an application."""
    numbers = found.numbers
    return {
        "sign_ups_address": numbers.address,
        "sign_ups_network": numbers.network,
        "sign_ups_device": numbers.device,
        "sign_ups_fingerprint": numbers.fingerprint,
        "driven": one.is_driven,
        "family": numbers.family,
        "siblings": numbers.siblings,
        "undeliverable": found.delivers == "no",
        "look_alike": bool(likeness_of(_domain(one.email))),
        "disposable": is_disposable(one.email),
    }


@dataclass(frozen=True, slots=True)
class SignUpGuard:
    """Scores and counts the sign-ups of one tenant.

    Attributes:
        risk: its rules for applications.
        key: the tenant's sub-key under which mailboxes and browsers are counted.
        domains: asks whether a domain takes mail; None where nobody is asked.
    """

    limiter: RateLimiter
    tenant_id: str
    settings: SignUpSettings
    risk: RiskSettings = RISK
    key: bytes = field(default=b"", repr=False)
    domains: MailDomains | None = None

    def decides(self, found: Score, client: str) -> Decision:
        """Return what the tenant does about such a score, or would if sign-ups were not in the shadow."""
        return decide(found.share, limits_of(self.risk, "sign_up", client, self.settings))

    async def judge(self, one: Application) -> Score:
        """Count *one* and return its score."""
        here, network, siblings = is_local(one.address), network_of(one.address), siblings_of(one.email)
        numbers = Numbers(
            0 if here else await self._nth(ADDRESS, address_key(one.address)),
            0 if here else await self._nth(NETWORK, network),
            await self._nth(FAMILY, self._hashed("family", family_of(one.email))),
            0 if here or not siblings else await self._nth(SIBLINGS, self._hashed("siblings", network, siblings)),
            await self._nth(DEVICE, self._hashed("device", one.device)) if one.device else 0,
            await self._nth(FINGERPRINT, self._hashed("print", one.fingerprint)) if one.fingerprint else 0,
        )
        return score(one, numbers, self.settings, await self._delivers(_domain(one.email)))

    async def _delivers(self, domain: str) -> Delivers:
        settings = self.settings
        if self.domains is None or settings.undeliverable == "allow" or settings.mode == "off":
            return "yes"
        found = await self.domains.takes_mail(domain)
        return "away" if found is None else "yes" if found else "no"

    def _hashed(self, *what: str) -> str:
        """Return the name under which something personal is counted: keyed, so that no list of addresses finds it."""
        return b64url(hmac.digest(self.key, framed(*what), "sha256")[:16])

    async def _nth(self, limit: Limit, what: str) -> int:
        """Count one, and return how many there were before it."""
        decision = await self.limiter.hit(f"{limit.name}:{self.tenant_id}:{what}", limit)
        return _FAR - decision.remaining - 1


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


def is_disposable(email: str) -> bool:
    """Tell whether the domain of *email*, or one above it, lends mailboxes to be thrown away."""
    labels = _domain(email).split(".")
    return any(".".join(labels[at:]) in _disposable() for at in range(len(labels) - 1))


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # noqa: PLC0415 - a megabyte that only sign-ups need

    return frozenset(blocklist)
