"""What would have been decided: past decisions under other thresholds, read from the audit log a page at a time.

A decision keeps the probability that it rested on, not what was seen, so that a replay says what other *thresholds*
would have done with the model that spoke then. It is bounded: the newest so many decisions of a time.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast, get_args

import msgspec

from limen.identity.audit.chain import AuditRecord, named_fields
from limen.identity.audit.store import AuditStore, Place, Sought
from limen.identity.tenants.risk import SIGN_UP, THRESHOLDS, Action, RiskSettings, limits_of, problems_of
from limen.identity.tenants.sign_up import FROM, SignUpSettings
from limen.identity.tenants.sign_up import problems_of as sign_up_problems
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid
from limen.kernel.ids import TenantId
from limen.trust.risk.decide import OUTCOMES, decide

EVENT: Final = "risk.assessed"
MOST: Final = 1_000_000
"""So many decisions one replay reads at the most."""
USUAL: Final = 10_000
"""So many where somebody waits for the answer and does not say how many."""
LADDER: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 900)
"""Thresholds, in thousandths, of which it is said how many decisions reach them."""
_PAGE: Final = 1_000
_ROUNDS: Final = 10
"""So many stretches of somebody's records are looked through for the newest decisions."""
_ACTIONS: Final = frozenset(get_args(Action))


class ReplayUnit(Protocol):
    """A unit of work that reads the log."""

    @property
    def audit_log(self) -> AuditStore:
        """Return the tenant's audit log."""
        ...


Reading = Callable[[TenantId], AbstractAsyncContextManager[ReplayUnit]]


@dataclass(frozen=True, slots=True)
class Made:
    """A decision that was made."""

    at: Instant
    subject: str
    action: Action
    client: str
    outcome: str
    enforced: bool
    probability: float
    score: float
    reasons: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest decisions about somebody, and whether all their records were looked through for them."""

    made: list[Made]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is asked: *settings* in place of those that held, over the decisions from *since* to before *until*.

    ``action`` and ``client`` narrow it; empty for all but sign-ups, whose points are no probabilities and are replayed
    alone (``sign_up``), None for every client. ``most`` decisions are read.
    """

    settings: RiskSettings
    sign_up: SignUpSettings = SIGN_UP
    since: Instant = 0
    until: Instant = 0
    action: str = ""
    client: str | None = None
    most: int = 100_000

    def is_about(self, made: Made) -> bool:
        """Tell whether a decision is among those that are asked about."""
        about = made.action == self.action if self.action else made.action != "sign_up"
        return about and self.client in {None, made.client}


@dataclass(slots=True)
class Replayed:
    """What came out: by outcome as it would have been and as it was, by threshold, and of how many customers.

    ``is_whole`` tells whether nothing was left out for want of room.
    """

    decisions: int = 0
    would: Counter[str] = field(default_factory=Counter)
    was: Counter[str] = field(default_factory=Counter)
    reaching: Counter[int] = field(default_factory=Counter)
    disturbed: set[str] = field(default_factory=set)
    oldest: Instant = 0
    newest: Instant = 0
    is_whole: bool = True

    def add(self, made: Made, asked: WhatIf) -> None:
        """Count one decision."""
        limits = limits_of(asked.settings, made.action, made.client, asked.sign_up)
        outcome = decide(made.probability, limits).outcome
        self.decisions += 1
        self.would[outcome] += 1
        self.was[made.outcome] += 1
        self.reaching.update(one for one in LADDER if made.probability * 1_000 >= one)
        if OUTCOMES.index(outcome) >= OUTCOMES.index("challenge"):
            self.disturbed.add(made.subject)
        self.newest = self.newest or made.at
        self.oldest = made.at

    def share(self, count: int) -> float:
        """Return *count* as a share of all, in percent, to a hundredth."""
        return round(100 * count / self.decisions, 2) if self.decisions else 0.0


def in_force(risk: RiskSettings, sign_up: SignUpSettings, action: str) -> dict[str, int]:
    """Return the thresholds that hold for each application: of sign-ups their points."""
    if action == "sign_up":
        return {name: getattr(sign_up, of) for name, of in FROM.items()}
    return {name: getattr(risk, name) for name in THRESHOLDS}


def tried(
    risk: RiskSettings, sign_up: SignUpSettings, action: str, thresholds: Mapping[str, int]
) -> tuple[RiskSettings, SignUpSettings] | Invalid:
    """Return the settings with other *thresholds*, of sign-ups where these are asked about; or what is wrong."""
    if action == "sign_up":
        sign_up = msgspec.structs.replace(sign_up, **{FROM[name]: value for name, value in thresholds.items()})
    else:
        risk = msgspec.structs.replace(risk, **thresholds)
    problems = {**dict(problems_of(risk, "risk")), **dict(sign_up_problems(sign_up, "sign_up"))}
    return Invalid("invalid_tenant", ", ".join(problems), problems) if problems else (risk, sign_up)


async def replay(reading: Reading, tenant_id: TenantId, asked: WhatIf) -> Replayed:
    """Return what *asked* would have done."""
    found, last, left = Replayed(), cast("Place | None", None), min(asked.most, MOST)
    sought = Sought("", frozenset({EVENT}), asked.since, asked.until)
    while True:
        async with reading(tenant_id) as unit:  # of its own, so that no transaction stays open for long
            stretch = await unit.audit_log.search(sought, limit=min(_PAGE, left + 1), before=last)
        records = stretch.records
        if len(records) > left:
            records, found.is_whole = records[:left], False
        for made in decisions(records):
            if asked.is_about(made):
                found.add(made, asked)
        left -= len(records)
        if stretch.behind is None or not found.is_whole:
            return found
        last = stretch.behind
        await asyncio.sleep(0)  # others are served meanwhile


async def newest_of(log: AuditStore, subject: str, limit: int) -> Newest:
    """Return up to *limit* of the newest decisions about *subject*, from their newest hundred thousand records."""
    sought, made, last = Sought(subject, frozenset({EVENT})), list[Made](), cast("Place | None", None)
    for _ in range(_ROUNDS):
        stretch = await log.search(sought, limit=limit - len(made), before=last)
        made += decisions(stretch.records)
        last = stretch.behind
        if last is None or len(made) == limit:
            break
        await asyncio.sleep(0)
    return Newest(made, is_whole=last is None)


def decisions(records: Sequence[AuditRecord]) -> Iterator[Made]:
    """Yield the decisions that *records* tell of; what could not be scored, or is of an unknown form, is left out."""
    for record in records:
        data: Mapping[str, Any] = named_fields(record.open_part).get("data", {})
        made = _made(record, data)
        if made is not None:
            yield made


def _made(record: AuditRecord, data: Mapping[str, Any]) -> Made | None:
    action, probability = data.get("action"), data.get("probability")
    if action not in _ACTIONS or not isinstance(probability, int | float):
        return None
    return Made(
        at=record.at,
        subject=record.subject,
        action=cast("Action", action),
        client=str(data.get("client", "")),
        outcome=str(data.get("outcome", "")),
        enforced=data.get("enforced") is True,
        probability=float(probability),
        score=float(data.get("score", 0.0)),
        reasons=tuple(map(str, data.get("reasons", ()))),
        model=str(data.get("model", "")),
    )
