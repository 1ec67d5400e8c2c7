"""What patterns would have said of what happened: sign-ins and sign-ups of the audit log, in their order.

Numbers are counted again along the way, as guards count them, each in the window that ends with what is asked about.
What the log does not know (how long a form was open, which address of mail was typed) is not known here either: a
rule that rests on it is *undecided*.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from limen.identity.tenants.patterns import PatternRule, compiled
from limen.kernel.clock import HOUR, MINUTE, Instant
from limen.trust.attacks.records import network_of
from limen.trust.fraud.facts import Seen
from limen.trust.limits import address_key

Kind = Literal["sign_in", "failure", "sign_up"]
EVENTS: Final[dict[str, Kind]] = {
    "session.started": "sign_in",
    "sign_in.failed": "failure",
    "customer.registered": "sign_up",
}
"""Which records of the audit log are looked at, and what they are taken for."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One record: what it was, whose, and what it showed."""

    kind: Kind
    subject: str
    seen: Seen = field(repr=False)


@dataclass(slots=True)
class Tested:
    """What became of a rule: what it would have held for, and what cannot be told from the log."""

    rule: PatternRule
    sign_ins: int = 0
    failures: int = 0
    sign_ups: int = 0
    undecided: int = 0

    def note(self, kind: Kind, holds: bool | None) -> None:  # noqa: FBT001
        """Count what the rule says of one."""
        if holds is None:
            self.undecided += 1
        elif holds and kind == "sign_in":
            self.sign_ins += 1
        elif holds and kind == "failure":
            self.failures += 1
        elif holds:
            self.sign_ups += 1


class _Window:
    """How many of a kind there were of late, by what they have in common."""

    def __init__(self, span: int) -> None:
        self._span = span
        self._seen: dict[str, deque[Instant]] = {}

    def count(self, what: str, at: Instant) -> int:
        seen = self._seen.get(what)
        while seen and seen[0] <= at - self._span:
            seen.popleft()
        return len(seen) if seen else 0

    def add(self, what: str, at: Instant) -> None:
        self._seen.setdefault(what, deque()).append(at)


def replay(rules: Sequence[PatternRule], happened: Iterable[Happened]) -> list[Tested]:
    """Return what *rules* say of what *happened*, the oldest first."""
    found = [Tested(rule) for rule in rules]
    failures = {name: _Window(10 * MINUTE) for name in ("address", "network")} | {"account": _Window(HOUR)}
    sign_ups = {name: _Window(HOUR) for name in ("address", "network")}
    for one in happened:
        at, address = one.seen.at, one.seen.address
        named = {"address": address_key(address), "network": network_of(address), "account": one.subject}
        windows, prefix = (sign_ups, "sign_ups") if one.kind == "sign_up" else (failures, "failures")
        counted = {f"{prefix}_{name}": window.count(named[name], at) for name, window in windows.items()}
        facts = one.seen.facts("sign_up" if one.kind == "sign_up" else "sign_in", **counted)
        for tested in found:
            tested.note(one.kind, compiled(tested.rule.when).holds(facts))
        if one.kind != "sign_in":
            for name, window in windows.items():
                window.add(named[name], at)
    return found
