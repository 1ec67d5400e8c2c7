"""What one sign-in shows, and what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from limen.kernel.clock import Instant
from limen.kernel.masked import Masked

ADDRESS, NETWORK, COUNTRY = "address", "network", "country"
AGENT, BROWSER, SYSTEM, CLASS = "agent", "browser", "system", "class"
HOUR, DAY_KIND = "hour", "day"
PRINT, TYPING, POINTER, ROUND_TRIP = "print", "typing", "pointer", "round_trip"

LEVELS: Final = (ADDRESS, NETWORK, COUNTRY, AGENT, BROWSER, SYSTEM, CLASS)
"""What is counted of a sign-in, as values: three levels of where from, four of what with."""

TOLD: Final = (TYPING, POINTER, ROUND_TRIP)
"""What a page may tell, in one of a few words each; how many told anything is counted beside how many told what."""
OWN: Final = frozenset({PRINT})
"""Levels that the customer's own history holds alone: the tenant counts nothing of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth, in degrees, as roughly as geography by address knows it."""

    latitude: float
    longitude: float


class Standing(msgspec.Struct, frozen=True):
    """What is known of a network address, whoever uses it; that it is a mobile carrier's speaks against nobody."""

    anonymiser: bool = False
    hosting: bool = False
    listed: bool = False
    carrier: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """Tell whether whoever uses it is somewhere else: behind a VPN, a proxy, a machine in a data centre."""
        return self.anonymiser or self.hosting


class Failures(msgspec.Struct, frozen=True):
    """Attempts in vain of late, as guards count them: at the account, from the address, its network, the browser."""

    account: int = 0
    address: int = 0
    network: int = 0
    device: int = 0


class Sighting(Masked, msgspec.Struct, frozen=True):
    """What one sign-in shows.

    Attributes:
        at: when.
        values: a value for each of :data:`LEVELS` that is known, and for what the page told (:mod:`.manner`); an
            unknown one is missing and says nothing.
        device: the identifier of the browser, which its cookie proved; empty for a browser without one, None where no
            cookie could be.
        place: where the address is.
        standing: what is known against the address.
        failures: attempts in vain before it.
        breached: the password that was typed is in a breach.
        proof: what was proven: ``password``, ``mailbox`` or ``key``; empty where nothing had to be.
    """

    at: Instant
    values: Mapping[str, str]
    device: str | None = ""
    place: Place | None = None
    standing: Standing = Standing()
    failures: Failures = Failures()
    breached: bool = False
    proof: str = ""

    def __repr__(self) -> str:
        """Show nothing personal."""
        return "Sighting(****)"


class Finding(msgspec.Struct, frozen=True):
    """What one signal says.

    Attributes:
        signal: which.
        log_ratio: the logarithm of how much likelier it is of an attacker than of the customer.
        reason: why, as a stable name; empty where there is nothing to be told.
    """

    signal: str
    log_ratio: float
    reason: str = ""


class Assessment(msgspec.Struct, frozen=True):
    """What the model says of one sign-in.

    Attributes:
        score: the logarithm of S(u,x), natural.
        probability: what it is calibrated to, from 0 to 1.
        findings: what each signal said, the gravest first.
        model: the version of the model that said so.
    """

    score: float
    probability: float
    findings: tuple[Finding, ...]
    model: str

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the keys of the reasons that speak against it, the gravest first."""
        return tuple([one.reason for one in self.findings if one.reason and one.log_ratio > 0])
