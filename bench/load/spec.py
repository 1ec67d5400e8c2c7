"""What one run asks for and what it gives back, in the JSON that passes between harness and generator."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.load.engine import Plan
from bench.load.scripts import Refreshing, Repeated, Workload

PROOFS_PER_SECOND = 6_000
"""How many DPoP proofs are signed for each second of a run: more than any server here checks on one core."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One run: the plan and the workload by its kind and arguments."""

    plan: Plan
    kind: str
    arguments: dict[str, Any]

    def to_json(self) -> str:
        """Return the text for the generator's standard input."""
        return json.dumps(asdict(self))


def from_json(text: str) -> Spec:
    """Read what ``Spec.to_json`` wrote."""
    raw = json.loads(text)
    return Spec(Plan(**raw["plan"]), raw["kind"], raw["arguments"])


def workload(spec: Spec) -> Workload:
    """Build the workload a spec names."""
    if spec.kind == "repeated":
        return Repeated(**spec.arguments)
    if spec.kind == "refreshing":
        return Refreshing(**spec.arguments)
    if spec.kind in {"drawing", "proving"}:
        return _supplied(spec)
    from bench.limen.walk import SigningIn  # noqa: PLC0415 - only sign-ins need the page reader

    return SigningIn(**spec.arguments)


def _supplied(spec: Spec) -> Workload:
    from bench.load.supplies import Drawing, Proving  # noqa: PLC0415 - only these need keys and signatures

    if spec.kind == "drawing":
        return Drawing(**spec.arguments)
    seconds = spec.plan.warmup + spec.plan.seconds
    return Proving(**spec.arguments, proofs=int(PROOFS_PER_SECOND * seconds) + spec.plan.connections)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run's figures: *rate* a second, latencies in milliseconds, ``*_busy`` as shares of one core.

    *per_core_second* is the work done for each processor second of the server: what others take moves it least.
    """

    rate: float
    done: int
    failed: int
    first_failure: str
    p50_ms: float | None
    p99_ms: float | None
    generator_busy: float
    generator_ceiling: float | None
    server_busy: float
    per_core_second: float | None
    others_busy: float
    state: list[str] = field(default_factory=list, repr=False)
