"""The score of a sign-up: a sum of reasons, and a pure table that says what each is worth.

What follows from it is decided as of every other action (``trust.risk.decide``): a point stands for a thousandth.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Final

from limen.identity.tenants.expressions import Facts
from limen.identity.tenants.risk import RiskSettings, limits_of
from limen.identity.tenants.sign_up import SignUpSettings
from limen.kernel.encoding import b64url, sha256
from limen.trust.attacks.records import is_local, network_of
from limen.trust.fraud.facts import is_tool
from limen.trust.limits import Limit, RateLimiter, address_key
from limen.trust.risk.decide import Decision, decide

MODEL: Final = "sign-up-2"
"""The version of reasons and weights together: a decision names the one that made it."""
RISK: Final = RiskSettings()
_FAR: Final = 10_000_000
HOUR, DAY = 3_600, 86_400
ADDRESS: Final = Limit(_FAR, HOUR, "sign-ups-address")
NETWORK: Final = Limit(_FAR, HOUR, "sign-ups-network")
FAMILY: Final = Limit(_FAR, DAY, "sign-ups-family")
QUICK_SECONDS: Final = 3
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})
"""Where dots before the @ mean nothing."""
_WEIGHTS: Final = {
    "trap": 100,
    "disposable": 40,
    "automation": 40,
    "quick": 20,
    "address": 30,
    "address_many": 100,
    "network": 30,
    "family": 40,
}
REASONS: Final = {
    "trap": "risk.reason.sign_up_trap",
    "disposable": "risk.reason.sign_up_disposable",
    "automation": "risk.reason.sign_up_automation",
    "quick": "risk.reason.sign_up_quick",
    "address": "risk.reason.sign_up_address",
    "address_many": "risk.reason.sign_up_address_many",
    "network": "risk.reason.sign_up_network",
    "family": "risk.reason.sign_up_family",
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
    """

    email: str = field(repr=False)
    address: str = field(repr=False)
    agent: str = field(repr=False)
    seconds: float = 0.0
    is_trapped: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many came before, this one left out: from the address, the network, for the mailbox."""

    address: int = 0
    network: int = 0
    family: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """A sum, and the reasons it is made of."""

    total: int
    reasons: tuple[str, ...]
    numbers: Numbers = Numbers()

    @property
    def share(self) -> float:
        """Return the points in thousands, 1 at the most: what thresholds are held against."""
        return min(1.0, self.total / 1_000)


def score(one: Application, numbers: Numbers, settings: SignUpSettings) -> Score:
    """Return what an application is worth in doubt."""
    usual = settings.address_hour
    holds = {
        "trap": one.is_trapped,
        "disposable": settings.disposable != "allow" and is_disposable(one.email),
        "automation": is_tool(one.agent),
        "quick": one.seconds < QUICK_SECONDS,
        "address": usual <= numbers.address < _MANY * usual,
        "address_many": numbers.address >= _MANY * usual,
        "network": numbers.network >= settings.network_hour,
        "family": numbers.family >= settings.family_day,
    }
    reasons = tuple(name for name, applies in holds.items() if applies)
    total = sum(_WEIGHTS[name] for name in reasons)
    if holds["disposable"] and settings.disposable == "refuse":
        total = max(total, BEYOND_DOUBT)
    return Score(total, reasons, numbers)


def facts_of(one: Application, found: Score) -> Facts:
    """Return what patterns may ask of an application."""
    numbers = found.numbers
    return {
        "sign_ups_address": numbers.address,
        "sign_ups_network": numbers.network,
        "family": numbers.family,
        "disposable": is_disposable(one.email),
    }


@dataclass(frozen=True, slots=True)
class SignUpGuard:
    """Scores and counts the sign-ups of one tenant."""

    limiter: RateLimiter
    tenant_id: str
    settings: SignUpSettings
    risk: RiskSettings = RISK

    def decides(self, found: Score, client: str) -> Decision:
        """Return what the tenant does about such a score, or would if sign-ups were not in the shadow."""
        return decide(found.share, limits_of(self.risk, "sign_up", client, self.settings))

    async def judge(self, one: Application) -> Score:
        """Count *one* and return its score."""
        here = is_local(one.address)
        numbers = Numbers(
            0 if here else await self._nth(ADDRESS, address_key(one.address)),
            0 if here else await self._nth(NETWORK, network_of(one.address)),
            await self._nth(FAMILY, b64url(sha256(family_of(one.email).encode()))),
        )
        return score(one, numbers, self.settings)

    async def _nth(self, limit: Limit, what: str) -> int:
        """Count one, and return how many there were before it."""
        decision = await self.limiter.hit(f"{limit.name}:{self.tenant_id}:{what}", limit)
        return _FAR - decision.remaining - 1


def is_disposable(email: str) -> bool:
    """Tell whether the domain of *email*, or one above it, lends mailboxes to be thrown away."""
    labels = email.rpartition("@")[2].lower().split(".")
    return any(".".join(labels[at:]) in _disposable() for at in range(len(labels) - 1))


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # noqa: PLC0415 - a megabyte that only sign-ups need

    return frozenset(blocklist)


def family_of(email: str) -> str:
    """Return the mailbox that *email* most likely is: without what follows a plus, and dots where they mean nothing."""
    local, _, domain = email.lower().rpartition("@")
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if domain in _DOTLESS else local}@{domain}"
