"""One pass over the traffic: what the model said of each sign-in of a customer, and of each attack.

A score is a sum, so each signal's part is kept, and every question is answered afterwards without asking again.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from bench.risk.attackers import ATTACKERS, Attackers
from bench.risk.parameters import AFTER, Parameters
from bench.risk.traffic import Traffic
from limen.trust.risk.assess import assess
from limen.trust.risk.history import History, day_kind, hour_of
from limen.trust.risk.likelihood import AGENT_OF, ORIGIN
from limen.trust.risk.population import Population, Value, asked_for
from limen.trust.risk.records import DAY_KIND, HOUR, OWN, TOLD, Assessment, Sighting
from limen.trust.risk.signals import BASE, SIGNALS

BACKGROUND = ("naive", "abroad")
"""What is turned away all the time."""
CROWD = 5
"""From how many customers on a value is counted for the tenant."""
PAGE = ("fingerprint", "behaviour", "latency")
"""The signals that rest on what a page tells, which a tenant has to ask for."""
COUNTED = tuple(signal for signal in SIGNALS if signal.name in {ORIGIN.name, AGENT_OF.name})
"""The signals that attack data speaks in."""
Parts = dict[str, float]
"""Signal to logarithm."""


@dataclass(slots=True)
class Counted:
    """What is counted of one kind of traffic, as storage counts it: from the fifth customer on."""

    total: float = 0.0
    counts: dict[Value, float] = field(default_factory=lambda: defaultdict(float))
    shown_by: dict[Value, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, seen: Sighting, customer: int) -> None:
        """Count one."""
        self.total += 1
        for level in TOLD:
            self.counts[(level, "")] += level in seen.values
        for value in seen.values.items():
            if value[0] in OWN:
                continue
            who = self.shown_by[value]
            if len(who) < CROWD:
                who.add(customer)
            if len(who) >= CROWD:
                self.counts[value] += 1
        self.counts[(HOUR, hour_of(seen.at))] += 1
        self.counts[(DAY_KIND, day_kind(seen.at))] += 1

    def of(self, asked: Sequence[Value]) -> dict[Value, float]:
        """Return the counts of what is asked for."""
        return {value: self.counts.get(value, 0.0) for value in asked}


@dataclass(slots=True)
class Scored:
    """What was said of the customers' sign-ins, by customer, and of the attacks, by attacker.

    ``base`` is the model of Freeman et al. alone; ``parts`` is every signal, ``plain`` the same without attack data.
    """

    base: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[int, list[Parts]] = field(default_factory=lambda: defaultdict(list))
    plain: dict[int, list[Parts]] = field(default_factory=lambda: defaultdict(list))
    attacks_base: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    attacks: dict[str, list[Parts]] = field(default_factory=lambda: defaultdict(list))
    attacks_plain: dict[str, list[Parts]] = field(default_factory=lambda: defaultdict(list))


def _parts(assessment: Assessment) -> Parts:
    return {one.signal: one.log_ratio for one in assessment.findings}


class Evaluation:
    """Walks the traffic."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.traffic = Traffic(parameters)
        self.chance = random.Random(parameters.seed ^ 0xA77AC)
        self.attackers = Attackers(self.traffic, self.chance)
        self.everybody, self.turned_away, self.customers = Counted(), Counted(), 0

    def run(self) -> Scored:
        """Return what was said."""
        scored, histories = Scored(), [History() for _ in self.traffic.customers]
        for customer, index, seen in self.traffic.sign_ins():
            history = histories[customer.number]
            is_measured = len(customer.times) >= AFTER[0]
            if 1 < index <= AFTER[-1] and is_measured:
                base, parts, plain = self._score(seen, history)
                scored.base[customer.number].append(base)
                scored.parts[customer.number].append(parts)
                scored.plain[customer.number].append(plain)
                for kind in ATTACKERS if self.chance.random() < self.parameters.attempts else ():
                    base, parts, plain = self._score(self.attackers.attack(kind, customer, seen.at), history)
                    scored.attacks_base[kind].append(base)
                    scored.attacks[kind].append(parts)
                    scored.attacks_plain[kind].append(plain)
            self.customers += index == 1
            self.everybody.add(seen, customer.number)
            histories[customer.number] = history.after(seen)
            if self.chance.random() < self.parameters.background:
                kind = self.chance.choice(BACKGROUND)
                self.turned_away.add(self.attackers.attack(kind, customer, seen.at), customer.number)
        return scored

    def _score(self, seen: Sighting, history: History) -> tuple[float, Parts, Parts]:
        asked = asked_for(seen, history)
        plain = Population(self.everybody.total, self.customers, self.everybody.of(asked))
        full = replace(plain, attacks=self.turned_away.total, attacked=self.turned_away.of(asked))
        base = assess(seen, history, plain, BASE).score
        parts = _parts(assess(seen, history, full))
        return base, parts, {**parts, **_parts(assess(seen, history, plain, COUNTED))}


def totals(parts: Sequence[Parts], *but: str) -> list[float]:
    """Return the scores, *but* some signals."""
    return [sum(ratio for name, ratio in one.items() if name not in but) for one in parts]


def threshold(attacks: Sequence[float], tpr: float) -> float:
    """Return the highest score at which still *tpr* of the attacks are caught (score ≥ threshold)."""
    ordered = sorted(attacks)
    return ordered[min(len(ordered) - 1, int(len(ordered) * (1.0 - tpr)))]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def asked_again(customers: dict[int, list[float]], limit: float, after: int) -> float:
    """Return the median number of times that a customer is asked again in the first *after* sign-ins.

    The first is the sign-up, which has nothing to be compared with; customers with fewer are left out.
    """
    measured = [scores[: after - 1] for scores in customers.values() if len(scores) >= after - 1]
    return median([sum(score >= limit for score in scores) for scores in measured])
